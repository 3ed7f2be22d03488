import { MkbaseError } from '../../../errors.ts';
import { checkedMirror } from '../../mirror-address.ts';
import type { Pocket } from '../recipe.ts';
import { type MirrorList, officialMirror, siblingOf } from './mirrors.ts';

/** A moment as the snapshot services of Debian and Ubuntu name it: `20240131T120000Z`. */
export function stampOf(moment: Date): string {
  return moment.toISOString().replace(/[-:]|\.\d+/g, '');
}

/**
 * The address of a pocket as it was at a moment. `mirror`: a mirror of the snapshot service, up to the moment.
 * The image gets the pocket's own address, so that packages installed later have today's fixes.
 *
 * @throws MkbaseError `usage/no-snapshots`
 */
export function snapshotMirrors(
  pocket: Pocket,
  { arch, mirror, moment }: { readonly arch: string; readonly mirror: string | null; readonly moment: Date },
): MirrorList {
  return {
    mirrors: [`${serviceOf(pocket, mirror)}/${stampOf(moment)}`],
    chosen: [],
    official: officialMirror(pocket, arch),
  };
}

function serviceOf({ name, snapshots, sibling, separate, suite }: Pocket, mirror: string | null): string {
  if (mirror !== null && !separate) {
    const url = checkedMirror(mirror);
    const [address] = sibling === undefined ? [url] : siblingOf(url, sibling);
    if (address !== undefined) return address;
  } else if (snapshots !== undefined) return snapshots;
  throw new MkbaseError('usage/no-snapshots', `no service with snapshots of \`${suite}\` is known`, {
    hint: separate
      ? `leave that archive out with \`--pockets\`: MIRROR does not stand for \`${name}\``
      : 'name one as MIRROR, as in `http://snapshot.example/archive/debian`, or leave `--snapshot` out',
  });
}
