import type { Blob } from '../image/blob.ts';
import { type ArtifactOptions, artifactManifest, EMPTY } from './referrers.ts';
import type { Registry } from './registry.ts';

/** Attaches a blob to a manifest that is there, as an artifact of its own; gives its manifest. */
export async function pushReferrer(blob: Blob, registry: Registry, options: ArtifactOptions): Promise<Blob> {
  const manifest = artifactManifest([blob], options);
  await Promise.all([blob, EMPTY].map((one) => registry.pushBlob(one)));
  await registry.pushManifest(manifest, null);
  return manifest;
}
