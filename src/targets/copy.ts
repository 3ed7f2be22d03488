import type { Image, ImageIndex } from '../image/image.ts';
import { imageOfArchitecture } from '../image/one-architecture.ts';
import { wholeIndex } from '../image/read-image.ts';
import type { Surroundings } from '../job.ts';
import { type Companion, companionsOf } from '../registry/companion.ts';
import { openRegistry } from '../registry/registry.ts';
import type { Session } from '../registry/session.ts';
import { openDelivery } from './deliver.ts';
import { type ImageSource, openImage } from './image-source.ts';
import { sessionOf } from './registries.ts';
import { explainSystemError } from './system-error.ts';
import type { ImageTarget } from './target.ts';

export interface CopyRequest {
  readonly source: ImageSource;
  /** By a distribution's name; null takes all that the image has. */
  readonly arch: string | null;
  /** Whether what a registry keeps beside the image goes along to registries. */
  readonly referrers: boolean;
}

/**
 * Puts an existing image into the targets, byte for byte: its digest stays. Blobs that a
 * registry has already are not sent, and between repositories of one registry nothing is fetched.
 */
export async function copyImage(
  { source, arch, referrers }: CopyRequest,
  targets: readonly ImageTarget[],
  surroundings: Surroundings,
): Promise<Image | ImageIndex> {
  const session = sessionOf(surroundings);
  const delivery = await openDelivery(targets, { ...surroundings, session });
  await delivery.check();
  const opened = await openImage(source, { ...surroundings, session });
  try {
    const image = await chosen(opened.image, arch, surroundings);
    surroundings.emit({ type: 'phase', phase: 'deliver' });
    const isAsked = referrers && targets.some(({ kind }) => kind === 'docker');
    await delivery.deliver(image, isAsked ? await besideOf(image, source, session) : []);
    return image;
  } catch (error) {
    throw explainSystemError(error, targets[0]!);
  } finally {
    await opened.close();
  }
}

async function chosen(
  image: Image | ImageIndex,
  arch: string | null,
  { emit }: Surroundings,
): Promise<Image | ImageIndex> {
  if (arch !== null) return imageOfArchitecture(image, arch);
  if (image.kind === 'image' || image.leftOut.length === 0) return image;
  const whole = await wholeIndex(image);
  const message = `the index lists manifests that are not there (${image.leftOut.join(', ')}): it is copied without them, as \`${whole.manifest.digest}\``;
  emit({ type: 'warning', message });
  return whole;
}

/** Bills of materials, locks and signatures; an image of a layout or an engine has none. */
async function besideOf(
  image: Image | ImageIndex,
  source: ImageSource,
  session: Session,
): Promise<readonly Companion[]> {
  if (source.kind !== 'docker') return [];
  return companionsOf(image, openRegistry(source.reference, { session, access: 'pull' }));
}
