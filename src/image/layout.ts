/** The files of an OCI image layout, image-layout.md, as a directory or as a tar. */
import { type Blob, bytesBlob, type Descriptor, descriptorOf } from './blob.ts';
import { blobsOf, type Image, type ImageIndex } from './image.ts';
import { MEDIA_TYPES } from './media-types.ts';

const REF_NAME = 'org.opencontainers.image.ref.name';
/** containerd's annotation, by which podman and nerdctl find the whole name. */
const FULL_NAME = 'io.containerd.image.name';

export const LAYOUT_FILE = { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' } as const;

export interface LayoutName {
  /** The tag, which umoci and skopeo take after the colon. */
  readonly tag: string | null;
  /** The name in full; null where there is none. */
  readonly full: string | null;
}

/** The path of a blob in a layout. */
export function blobPath({ digest }: Pick<Descriptor, 'digest'>): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** The entry of index.json for an image under a name. */
export function layoutEntry(image: Image | ImageIndex, { tag, full }: LayoutName): Descriptor {
  const annotations = {
    ...(tag !== null && { [REF_NAME]: tag }),
    ...(full !== null && { [FULL_NAME]: full }),
  };
  const platform = image.kind === 'image' ? { platform: image.platform } : {};
  return {
    ...descriptorOf(image.manifest),
    ...platform,
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}

/** index.json with these entries; of those that were there, entries of the same tag go. */
export function layoutIndex(entries: readonly Descriptor[], before: readonly Descriptor[] = []): Buffer {
  const tags = entries.map(tagOf);
  const kept = before.filter((entry) => {
    const isSame = entries.some(({ digest }) => digest === entry.digest) && tagOf(entry) === undefined;
    return !isSame && (tagOf(entry) === undefined ? !tags.includes(undefined) : !tags.includes(tagOf(entry)));
  });
  const manifests = [...kept, ...entries];
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.oci.index, manifests }));
}

function tagOf({ annotations }: Descriptor): string | undefined {
  return annotations?.[REF_NAME];
}

/** The names of an entry of index.json: its tag, and its full name. */
export function layoutNames({ annotations }: Descriptor): readonly string[] {
  return [REF_NAME, FULL_NAME].flatMap((key) => annotations?.[key] ?? []);
}

/** Every file of a layout in the order in which a reader of a tar wants them: small ones first. */
export function layoutFiles(
  image: Image | ImageIndex,
  names: readonly LayoutName[],
): readonly { readonly path: string; readonly blob: Blob }[] {
  const entries = names.length === 0 ? [{ tag: null, full: null }] : names;
  const index = layoutIndex(entries.map((name) => layoutEntry(image, name)));
  return [
    { path: LAYOUT_FILE.name, blob: bytesBlob('', Buffer.from(LAYOUT_FILE.content)) },
    { path: 'index.json', blob: bytesBlob('', index) },
    ...blobsOf(image).map((blob) => ({ path: blobPath(blob), blob })),
  ];
}
