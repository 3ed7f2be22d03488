import { MkbaseError } from '../errors.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import { readImage } from '../image/read-image.ts';
import { familiarName, type Reference, tagOf } from '../image/reference.ts';
import { openRegistry, type Registry } from './registry.ts';
import type { Session } from './session.ts';

/**
 * The image of that name, byte for byte as it is. Documents are fetched now, layers when they are read.
 *
 * @throws MkbaseError `registry/not-found`, and what readImage and a Registry give
 */
export async function pullImage(reference: Reference, session: Session): Promise<Image | ImageIndex> {
  return imageIn(openRegistry(reference, { session, access: 'pull' }), reference);
}

/** The image under a tag or digest of a repository. */
async function imageIn(registry: Registry, reference: Reference): Promise<Image | ImageIndex> {
  const top = await registry.manifest(reference.digest ?? tagOf(reference));
  if (top === null) {
    throw new MkbaseError('registry/not-found', `there is no image \`${familiarName(reference)}\``, {
      hint: 'check its name and tag; `skopeo list-tags` lists its tags',
    });
  }
  return readImage(top, async (descriptor) => {
    if (descriptor.digest === top.digest) return top;
    if (!MANIFESTS.test(descriptor.mediaType)) return registry.blob(descriptor);
    const manifest = await registry.manifest(descriptor.digest);
    if (manifest !== null) return manifest;
    throw new MkbaseError(
      'registry/not-found',
      `\`${familiarName(reference)}\` refers to a manifest that is not there: \`${descriptor.digest}\``,
      { hint: 'the image is not complete: push it again' },
    );
  });
}

const MANIFESTS = /^application\/vnd\.(oci\.image|docker\.distribution)\.(manifest|index)/;
