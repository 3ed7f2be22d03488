import type { Blob } from '../image/blob.ts';
import type { Client } from './client.ts';
import type { Answer, Body } from './exchange.ts';
import { RegistryError } from './failure.ts';
import { withRetries } from './retry.ts';

export type Pushed = 'was there' | 'mounted' | 'sent';

/** Where a blob may be mounted from: another repository of the same registry, or null. */
export interface PushBlobOptions {
  readonly mountFrom: string | null;
}

/**
 * Makes sure that the repository has a blob: OCI distribution specification, "Pushing Blobs". An upload
 * that breaks begins again, since registries do not agree on how to go on with one; it is then asked
 * first whether the blob has arrived all the same.
 */
export function pushBlob(blob: Blob, client: Client, { mountFrom }: PushBlobOptions): Promise<Pushed> {
  return withRetries(client.session, async () => {
    if (await hasBlob(blob, client)) return 'was there';
    const begun = await begin(blob, client, mountFrom);
    if (begun.status === 201) return 'mounted';
    const { chunkSize } = client.session;
    const minimum = Number(begun.header('oci-chunk-min-length') ?? 0);
    const at = locationOf(begun, client);
    if (chunkSize === null) await put(blob, client, { at, body: blob });
    else await sendInChunks(blob, client, { at, chunkSize: Math.max(chunkSize, minimum) });
    return 'sent';
  });
}

async function hasBlob(blob: Blob, client: Client): Promise<boolean> {
  const answer = await client.ask({
    method: 'HEAD',
    at: `blobs/${blob.digest}`,
    task: taskOf(blob, client),
    good: [200, 404],
  });
  await answer.discard();
  const length = answer.header('content-length');
  return answer.status === 200 && (length === null || Number(length) === blob.size);
}

/** Whether an upload may begin here; it is given up at once. */
export async function checkPush(client: Client): Promise<void> {
  const task = `push to \`${client.name}\``;
  const headers = { 'content-length': '0' };
  const begun = await client.insist({ method: 'POST', at: 'blobs/uploads/', task, good: [202], headers });
  await begun.discard();
  const at = locationOf(begun, client);
  // Registries clear away what is given up; that some do not let it be said is no failure.
  const answer = await client.ask({ method: 'DELETE', at, task, good: [200, 202, 204] }).catch(() => null);
  await answer?.discard();
}

/** 201 where the blob was mounted, else 202 and an upload has begun. */
async function begin(blob: Blob, client: Client, mountFrom: string | null): Promise<Answer> {
  const ask = { method: 'POST', task: taskOf(blob, client), headers: { 'content-length': '0' } } as const;
  if (mountFrom !== null) {
    const query = new URLSearchParams({ mount: blob.digest, from: mountFrom });
    const at = `blobs/uploads/?${query}`;
    const mounted = await client.ask({ ...ask, at, good: [201, 202], alsoPull: mountFrom }).catch((error) => {
      // Who may not read there may write here all the same.
      if (!(error instanceof RegistryError) || !REFUSALS.includes(error.status ?? 0)) throw error;
      return null;
    });
    await mounted?.discard();
    if (mounted !== null) return mounted;
  }
  const answer = await client.ask({ ...ask, at: 'blobs/uploads/', good: [202] });
  await answer.discard();
  return answer;
}

const REFUSALS: readonly number[] = [400, 401, 403, 404, 405];

interface Sending {
  readonly at: URL;
  readonly body?: Body;
}

/** The request that ends an upload, with the blob or what is left of it. */
async function put(blob: Blob, client: Client, { at, body }: Sending): Promise<void> {
  const url = new URL(at);
  // Not through URLSearchParams, which would spell anew what the registry may have signed.
  url.search += `${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(blob.digest)}`;
  const answer = await sendPart(client, blob, { method: 'PUT', url, body, good: [201, 204] });
  const digest = answer.header('docker-content-digest');
  if (digest === null || digest === blob.digest) return;
  const failure = {
    code: 'registry/wrong-digest' as const,
    reason: 'the registry has stored something else',
    hint: 'something on the way changes what is sent: check proxies, and the log of the registry',
  };
  throw new RegistryError(failure, taskOf(blob, client));
}

/** One request a chunk; the registry tells after each how much it has. */
async function sendInChunks(
  blob: Blob,
  client: Client,
  { at, chunkSize }: { readonly at: URL; readonly chunkSize: number },
): Promise<void> {
  let location = at;
  let start = 0;
  for await (const chunk of chunksOf(blob.open(), chunkSize)) {
    const end = start + chunk.length - 1;
    const answer = await sendPart(client, blob, {
      method: 'PATCH',
      url: location,
      good: [202],
      headers: { 'content-range': `${start}-${end}` },
      body: {
        size: chunk.length,
        async *open() {
          yield chunk;
        },
      },
    });
    const held = answer.header('range');
    if (held !== null && held.replace(/^bytes[= ]/, '') !== `0-${end}`)
      throw lost(client, blob, `it holds ${held}`);
    location = locationOf(answer, client);
    start = end + 1;
  }
  await put(blob, client, { at: location });
}

interface Part {
  readonly method: 'PUT' | 'PATCH';
  readonly url: URL;
  readonly good: readonly number[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body | undefined;
}

async function sendPart(
  client: Client,
  blob: Blob,
  { method, url, good, headers, body }: Part,
): Promise<Answer> {
  const task = taskOf(blob, client);
  try {
    const answer = await client.ask({
      ...{ method, at: url, task, good, body },
      headers: {
        'content-type': 'application/octet-stream',
        ...(body === undefined && { 'content-length': '0' }),
        ...headers,
      },
    });
    await answer.discard();
    return answer;
  } catch (error) {
    // The registry has forgotten the upload, or another of its machines knows nothing of it.
    if (error instanceof RegistryError && (error.status === 404 || error.status === 416)) {
      throw lost(client, blob, error.message, error);
    }
    throw error;
  }
}

function lost(client: Client, blob: Blob, reason: string, cause?: unknown): RegistryError {
  const failure = {
    code: 'registry/upload-lost' as const,
    reason: `the registry has lost the upload: ${reason}`,
    hint: 'see the log of the registry; several machines behind one name must share their storage',
  };
  return new RegistryError(failure, taskOf(blob, client), { cause });
}

/** `Location` may be relative, and may lead elsewhere; but never from https to http. */
function locationOf(answer: Answer, client: Client): URL {
  const text = answer.header('location');
  const url = text !== null && URL.canParse(text, answer.url.href) ? new URL(text, answer.url) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && answer.url.protocol === 'http:');
  if (url !== null && isSafe) return url;
  const failure = {
    code: 'registry/bad-answer' as const,
    reason: url === null ? 'the registry does not say where to' : 'the registry asks for it without TLS',
    hint: 'a registry behind a TLS proxy must be told its outer address (X-Forwarded-Proto)',
  };
  throw new RegistryError(failure, `push to \`${client.name}\``);
}

function taskOf({ digest }: Blob, { name }: Client): string {
  return `push the blob \`${digest.slice(0, 19)}\` to \`${name}\``;
}

/** Pieces of `size` bytes, the last one shorter. */
async function* chunksOf(pieces: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces) {
    let rest = piece;
    while (length + rest.length >= size) {
      const taken = size - length;
      yield Buffer.concat([...waiting, rest.subarray(0, taken)]);
      rest = rest.subarray(taken);
      [waiting, length] = [[], 0];
    }
    if (rest.length > 0) waiting.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(waiting);
}
