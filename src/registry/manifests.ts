import type { Failure } from '../fetch/failure.ts';
import { type Blob, bytesBlob, type Digest, digestOf } from '../image/blob.ts';
import { MEDIA_TYPES } from '../image/media-types.ts';
import { readBounded } from './bounded.ts';
import { type Client, SUCCESS } from './client.ts';
import type { Answer } from './exchange.ts';
import { RegistryError } from './failure.ts';

/** Without these a registry gives what clients of ten years ago understood, or says that there is nothing. */
const ACCEPT = [MEDIA_TYPES.oci, MEDIA_TYPES.docker]
  .flatMap(({ manifest, index }) => [manifest, index])
  .join(', ');

/** OCI distribution specification: a registry need not take more. */
const LARGEST_MANIFEST = 4 * 2 ** 20;

/**
 * The manifest or index under a tag or digest, or null where there is none.
 *
 * @throws RegistryError `registry/wrong-digest`, `registry/bad-answer`, …
 */
export async function getManifest(reference: string, client: Client): Promise<Blob | null> {
  const task = `read \`${nameOf(reference, client)}\``;
  const answer = await client.insist({
    ...{ method: 'GET', at: `manifests/${reference}`, task, good: [200, 404] },
    headers: { accept: ACCEPT },
  });
  if (answer.status === 404) {
    await answer.discard();
    return null;
  }
  const bytes = await readBounded(answer, { limit: LARGEST_MANIFEST, task });
  const promised = reference.includes(':') ? reference : answer.header('docker-content-digest');
  if (promised !== null && promised !== digestOf(bytes)) throw new RegistryError(WRONG_DIGEST, task);
  return bytesBlob(mediaTypeOf(answer, bytes, task), bytes);
}

/** The digest of what is under a tag or digest, or null where there is none. */
export async function headManifest(reference: string, client: Client): Promise<Digest | null> {
  const task = `look at \`${nameOf(reference, client)}\``;
  const answer = await client.insist({
    ...{ method: 'HEAD', at: `manifests/${reference}`, task, good: [200, 404] },
    headers: { accept: ACCEPT },
  });
  await answer.discard();
  if (answer.status === 404) return null;
  const digest = answer.header('docker-content-digest');
  if (digest !== null) return digest as Digest;
  return (await getManifest(reference, client))?.digest ?? null;
}

/** Puts a manifest under a tag or its digest; all that it refers to must be there. */
export async function putManifest(
  manifest: Blob,
  { reference, client }: { readonly reference: string; readonly client: Client },
): Promise<Answer> {
  const task = `push \`${nameOf(reference, client)}\``;
  const answer = await client.insist({
    ...{ method: 'PUT', at: `manifests/${reference}`, task, good: SUCCESS },
    headers: { 'content-type': manifest.mediaType },
    body: manifest,
  });
  await answer.discard();
  const digest = answer.header('docker-content-digest');
  if (digest !== null && digest !== manifest.digest) throw new RegistryError(WRONG_DIGEST, task);
  return answer;
}

/** Deletes a manifest, with every tag on it; false where there is none. */
export async function deleteManifest(digest: Digest, client: Client): Promise<boolean> {
  const task = `delete \`${nameOf(digest, client)}\``;
  const answer = await client.insist({
    method: 'DELETE',
    at: `manifests/${digest}`,
    task,
    good: [...SUCCESS, 404],
  });
  await answer.discard();
  return answer.status !== 404;
}

/** `registry.example/base:tag` or `…@sha256:…`. */
function nameOf(reference: string, { name }: Client): string {
  return `${name}${reference.includes(':') ? '@' : ':'}${reference}`;
}

const WRONG_DIGEST: Failure = {
  code: 'registry/wrong-digest',
  reason: 'its content has another digest than the registry says',
  hint: 'something on the way changes it: check proxies, and the log of the registry',
};

/** As the document says, since servers' types are not reliable; else as the server does. */
function mediaTypeOf(answer: Answer, bytes: Buffer, task: string): string {
  const notJson = (cause?: unknown) => {
    const failure: Failure = {
      code: 'registry/bad-answer',
      reason: 'the answer is not a manifest',
      hint: 'check the name of the registry; a proxy may answer in its place',
    };
    return new RegistryError(failure, task, { cause });
  };
  let document: { readonly mediaType?: unknown } | null;
  try {
    document = JSON.parse(bytes.toString()) as typeof document;
  } catch (error) {
    throw notJson(error);
  }
  if (typeof document !== 'object' || document === null) throw notJson();
  if (typeof document.mediaType === 'string') return document.mediaType;
  return (answer.header('content-type') ?? '').replace(/;.*/s, '').trim();
}
