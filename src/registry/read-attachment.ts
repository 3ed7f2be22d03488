import { type Blob, bytesOf, type Digest } from '../image/blob.ts';
import { asArray, asDescriptor, parseObject } from '../image/read-json.ts';
import type { Registry } from './registry.ts';

/** The first attachment of a kind; null where there is none. */
export async function readAttachment(
  digest: Digest,
  mediaType: string,
  registry: Registry,
): Promise<Blob | null> {
  const [found] = await registry.referrers(digest, mediaType);
  if (found === undefined) return null;
  const manifest = await registry.manifest(found.digest);
  if (manifest === null) return null;
  const document = parseObject(await bytesOf(manifest), 'the attachment');
  const [layer] = asArray(document.layers, 'the layers of the attachment');
  return registry.blob(asDescriptor(layer, 'the layer of the attachment'));
}
