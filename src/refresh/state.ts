/** The state of an image in a registry, which says how it was made: all the memory that a refresh has. */
import { canonicalJson } from '../canonical-json.ts';
import { type Blob, bytesOf, type Digest, jsonBlob } from '../image/blob.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import { asObject, parseObject } from '../image/read-json.ts';
import { INPUTS_DIGEST, LOCK_DIGEST } from '../lock/labels.ts';
import type { StateKey } from './state-key.ts';

const BUILD = 'dev.mkbase.build';
const SIGNATURE = 'dev.mkbase.signature';

export interface RefreshState {
  /** The digest of the manifest or index. */
  readonly digest: Digest;
  /** `sha256:HEX` of the inputs and of the locks of all architectures; null where it says nothing. */
  readonly inputs: string | null;
  readonly lock: string | null;
  /** The settings beside inputs and lock that decide the bytes. */
  readonly build: string | null;
  /** Whether it is signed by the key at hand; true where there is none. */
  readonly trusted: boolean;
}

/** The state in a manifest or an index; missing parts are null. */
export async function readState(manifest: Blob, key: StateKey | null): Promise<RefreshState> {
  const document = parseObject(await bytesOf(manifest), 'the manifest');
  const annotations = asObject(document.annotations ?? {}, 'the annotations');
  const text = (name: string): string | null => {
    const value = annotations[name];
    return typeof value === 'string' ? value : null;
  };
  const signature = text(SIGNATURE);
  return {
    digest: manifest.digest,
    inputs: text(INPUTS_DIGEST),
    lock: text(LOCK_DIGEST),
    build: text(BUILD),
    trusted: key === null || (signature !== null && key.isGood(signedBytes(document), signature)),
  };
}

/** The image with how it was made, signed where there is a key. The digests are there from the build. */
export async function withState(
  image: Image | ImageIndex,
  { build, key }: { readonly build: string; readonly key: StateKey | null },
): Promise<Image | ImageIndex> {
  const { mediaType } = image.manifest;
  const document = parseObject(await bytesOf(image.manifest), 'the manifest');
  const annotations = { ...asObject(document.annotations ?? {}, 'the annotations'), [BUILD]: build };
  const stated = { ...document, annotations };
  if (key === null) return { ...image, manifest: jsonBlob(mediaType, stated) };
  const signed = { ...annotations, [SIGNATURE]: key.sign(signedBytes(stated)) };
  return { ...image, manifest: jsonBlob(mediaType, { ...document, annotations: signed }) };
}

/** All of the manifest but the signature: by digest, that is every byte of the image. */
function signedBytes(document: Readonly<Record<string, unknown>>): Buffer {
  const { [SIGNATURE]: _, ...annotations } = (document.annotations ?? {}) as Record<string, unknown>;
  return Buffer.from(canonicalJson({ ...document, annotations }));
}
