/** The artifacts that a registry keeps beside an image: bills of materials, locks, signatures; copied with it. */
import { type Blob, bytesOf, type Descriptor, type Digest } from '../image/blob.ts';
import { type Artifact, type Image, type ImageIndex, manifestsOf } from '../image/image.ts';
import { isIndex } from '../image/read-image.ts';
import { asArray, asDescriptor, parseObject } from '../image/read-json.ts';
import { nullWhereBarred, RegistryError } from './failure.ts';
import type { Registry } from './registry.ts';

export interface Companion extends Artifact {
  /** Its type for people: the artifact type, or the tag that it has. */
  readonly kind: string;
  /** Null where it is found by what it refers to. */
  readonly tag: string | null;
}

/**
 * Puts it beside the image; false where the registry takes none of its kind, which is warned of: some have a
 * list of the types that they know.
 */
export async function pushCompanion(companion: Companion, registry: Registry): Promise<boolean> {
  const { kind, manifest, tag, blobs } = companion;
  try {
    await Promise.all(blobs.map((blob) => registry.pushBlob(blob)));
    await registry.pushManifest(manifest, tag);
    return true;
  } catch (error) {
    if (!(error instanceof RegistryError) || !isRefusal(error)) throw error;
    registry.warn(`\`${kind}\` is not kept beside the image: ${error.message}`);
    return false;
  }
}

/** The image itself was taken: this one is not, whoever asks and however often. */
function isRefusal({ code, status }: RegistryError): boolean {
  return [400, 403, 404, 405, 415, 422].includes(status ?? 0) && code !== 'registry/digest-invalid';
}

/** No image has so many; a list without end is not followed. */
const MOST = 1000;
/** cosign's tags from before there were referrers: `sha256-HEX.sig`. */
const ENDINGS = ['sig', 'att', 'sbom'];

/**
 * The artifacts beside an image and beside each image of an index, and those beside these in turn, such as
 * a signature beside a bill of materials. A subject comes before the artifacts that refer to it.
 */
export async function companionsOf(image: Image | ImageIndex, from: Registry): Promise<readonly Companion[]> {
  const found = new Map<string, Companion>();
  const waiting: Digest[] = manifestsOf(image).map(({ digest }) => digest);
  for (let digest = waiting.shift(); digest !== undefined; digest = waiting.shift()) {
    for (const companion of await besideManifest(digest, from)) {
      const key = companion.tag ?? companion.manifest.digest;
      if (found.has(key)) continue;
      if (found.size === MOST) {
        from.warn(`only ${MOST} of what \`${from.name}\` keeps beside the image are copied`);
        return [...found.values()];
      }
      found.set(key, companion);
      waiting.push(companion.manifest.digest);
    }
  }
  return [...found.values()];
}

async function besideManifest(digest: Digest, from: Registry): Promise<Companion[]> {
  const tags = ENDINGS.map((ending) => `${digest.replace(':', '-')}.${ending}`);
  const [listed, ...tagged] = await Promise.all([
    from.referrers(digest).catch(nullWhereBarred),
    ...tags.map((tag) => from.manifest(tag).catch(nullWhereBarred)),
  ]);
  if (listed === null)
    from.warn(`\`${from.name}\` does not list the artifacts beside the image: they are not copied`);
  const companions: Companion[] = [];
  for (const { digest: referrer, artifactType } of listed ?? []) {
    const manifest = await from.manifest(referrer);
    if (manifest !== null)
      companions.push(...(await companionsIn(manifest, { from, kind: artifactType, tag: null })));
  }
  for (const [index, manifest] of tagged.entries()) {
    const tag = tags[index]!;
    if (manifest !== null) companions.push(...(await companionsIn(manifest, { from, kind: tag, tag })));
  }
  return companions;
}

interface Place {
  readonly from: Registry;
  readonly kind: string | undefined;
  readonly tag: string | null;
}

/** The manifest, after those that it lists where it is an index. */
async function companionsIn(manifest: Blob, { from, kind, tag }: Place): Promise<Companion[]> {
  const what = 'the artifact beside the image';
  const document = parseObject(await bytesOf(manifest), what);
  const descriptors = (value: unknown): Descriptor[] =>
    value === undefined ? [] : asArray(value, what).map((one) => asDescriptor(one, what));
  const parts: Companion[] = [];
  if (isIndex(manifest)) {
    for (const { digest } of descriptors(document.manifests).slice(0, MOST)) {
      const part = await from.manifest(digest);
      // One that holds another index is of no kind that there is.
      if (part !== null && !isIndex(part))
        parts.push(...(await companionsIn(part, { from, kind, tag: null })));
    }
  }
  const { config, layers, blobs } = document;
  const all = [
    ...descriptors(config === undefined ? undefined : [config]),
    ...descriptors(layers),
    ...descriptors(blobs),
  ];
  const content = all.map((one) => from.blob(one));
  return [...parts, { kind: kind ?? manifest.mediaType, manifest, tag, blobs: content }];
}
