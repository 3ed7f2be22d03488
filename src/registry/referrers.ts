import { type Blob, bytesOf, type Descriptor, type Digest, descriptorOf, jsonBlob } from '../image/blob.ts';
import { MEDIA_TYPES } from '../image/media-types.ts';
import { asArray, asDescriptor, asObject, parseObject } from '../image/read-json.ts';
import type { Client } from './client.ts';
import { getManifest, putManifest } from './manifests.ts';
import { pagesOf } from './pages.ts';

const WHAT = 'the list of referrers';

/**
 * The manifests that refer to a manifest, OCI distribution specification, "Listing Referrers"; where a registry
 * lacks that API, those of the index that clients keep under the fallback tag.
 */
export async function listReferrers(
  digest: Digest,
  { artifactType, client }: { readonly artifactType: string | null; readonly client: Client },
): Promise<readonly Descriptor[]> {
  const query = artifactType === null ? '' : `?${new URLSearchParams({ artifactType })}`;
  const task = `list what refers to \`${client.name}@${digest}\``;
  let found: Descriptor[] | null = null;
  for await (const { bytes } of pagesOf({ at: `referrers/${digest}${query}`, task, client })) {
    found ??= [];
    for (const one of descriptorsIn(bytes)) found.push(one);
  }
  const all = found ?? (await referrersByTag(digest, client));
  // A registry need not filter.
  return all.filter((one) => artifactType === null || one.artifactType === artifactType);
}

/** Puts a manifest, and lists it under the fallback tag if it has a subject that the registry does not process. */
export async function putReferrer(
  manifest: Blob,
  { reference, client }: { readonly reference: string; readonly client: Client },
): Promise<void> {
  const { subject, ...document } = parseObject(await bytesOf(manifest), 'the manifest');
  const answer = await putManifest(manifest, { reference, client });
  if (subject === undefined || answer.header('oci-subject') !== null) return;
  const { digest } = asDescriptor(subject, 'the manifest');
  const config = document.config === undefined ? {} : asObject(document.config, 'the manifest');
  const { artifactType = config.mediaType, annotations } = document;
  const entry = asDescriptor({ ...descriptorOf(manifest), artifactType, annotations }, 'the manifest');
  const before = await referrersByTag(digest, client);
  if (before.some((one) => one.digest === manifest.digest)) return;
  const index = jsonBlob(MEDIA_TYPES.oci.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.oci.index,
    manifests: [...before, entry],
  });
  await putManifest(index, { reference: fallbackTag(digest), client });
}

async function referrersByTag(digest: Digest, client: Client): Promise<readonly Descriptor[]> {
  const index = await getManifest(fallbackTag(digest), client);
  return index === null ? [] : descriptorsIn(await bytesOf(index));
}

/** OCI distribution specification, "Referrers Tag Schema". */
function fallbackTag(digest: Digest): string {
  return digest.replace(':', '-');
}

function descriptorsIn(bytes: Buffer): Descriptor[] {
  return asArray(parseObject(bytes, WHAT).manifests, WHAT).map((one) => asDescriptor(one, WHAT));
}
