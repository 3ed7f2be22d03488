import { MkbaseError } from '../errors.ts';
import type { Image, ImageIndex } from './image.ts';
import { platformOf } from './platform.ts';

/**
 * The image for an architecture, by a distribution's name. A manifest without a variant fits any.
 *
 * @throws MkbaseError `image/no-such-architecture`
 */
export function imageOfArchitecture(image: Image | ImageIndex, arch: string): Image {
  const wanted = platformOf(arch);
  const images = image.kind === 'index' ? image.images : [image];
  const found = images.find(({ platform: { os, architecture, variant = wanted.variant } }) => {
    return os === wanted.os && architecture === wanted.architecture && variant === wanted.variant;
  });
  if (found !== undefined) return found;
  const there = images.map(({ platform }) => {
    return [platform.architecture, ...(platform.variant === undefined ? [] : [platform.variant])].join('/');
  });
  throw new MkbaseError('image/no-such-architecture', `the image is not made for \`${arch}\``, {
    hint: `it is for ${there.join(', ')}, by Go's names`,
  });
}
