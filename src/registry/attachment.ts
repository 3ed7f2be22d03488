/** Documents about an image that a registry keeps beside it, such as its lock: artifacts that refer to its manifest. */
import {
  type Blob,
  bytesBlob,
  bytesOf,
  type Descriptor,
  type Digest,
  descriptorOf,
  jsonBlob,
} from '../image/blob.ts';
import { MEDIA_TYPES } from '../image/media-types.ts';
import { asArray, asDescriptor, parseObject } from '../image/read-json.ts';
import type { Companion } from './companion.ts';
import type { Registry } from './registry.ts';

export interface Attachment {
  /** `application/spdx+json` */
  readonly artifactType: string;
  /** The manifest that it is about. */
  readonly subject: Descriptor;
  readonly blob: Blob;
}

/** OCI image specification, manifest.md, "Guidance for an Empty Descriptor". */
const EMPTY = bytesBlob('application/vnd.oci.empty.v1+json', Buffer.from('{}'));

/** The manifest and blobs that attach a document to a manifest. */
export function companionOf(attachment: Attachment): Companion {
  const { artifactType, blob } = attachment;
  return { kind: artifactType, manifest: artifactManifest(attachment), tag: null, blobs: [blob, EMPTY] };
}

/** The first document of a type that is attached to a manifest; null where there is none. */
export async function readAttachment(
  digest: Digest,
  artifactType: string,
  registry: Registry,
): Promise<Blob | null> {
  const [found] = await registry.referrers(digest, artifactType);
  if (found === undefined) return null;
  const manifest = await registry.manifest(found.digest);
  if (manifest === null) return null;
  const document = parseObject(await bytesOf(manifest), 'the attachment');
  const [layer] = asArray(document.layers, 'the layers of the attachment');
  return registry.blob(asDescriptor(layer, 'the layer of the attachment'));
}

/** manifest.md, "Guidelines for Artifact Usage". */
function artifactManifest({ artifactType, subject, blob }: Attachment): Blob {
  return jsonBlob(MEDIA_TYPES.oci.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.oci.manifest,
    artifactType,
    config: descriptorOf(EMPTY),
    layers: [descriptorOf(blob)],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
  });
}
