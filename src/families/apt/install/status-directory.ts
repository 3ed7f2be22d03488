import { Root } from '../../../rootfs/root.ts';
import type { TextFile, TreeEdit } from '../../../rootfs/unpack-protocol.ts';
import { DPKG_DIR, type Opened, textFile } from './dpkg-database.ts';

interface StatusOptions {
  readonly packages: readonly Opened[];
  /** dpkg's own architecture. */
  readonly arch: string;
  /** Seconds since 1970. */
  readonly epoch: number;
}

/**
 * The replacement of dpkg's database in an image without dpkg, as in distroless and apko images: in
 * `status.d`, for each package, its control file and its md5sums. Scanners read either, and count packages that
 * are in both twice. A package of a second architecture has that after a colon in its name.
 */
export function statusDirectory(
  root: string,
  { packages, arch, epoch }: StatusOptions,
): Required<Pick<TreeEdit, 'remove' | 'files'>> {
  const info = `${DPKG_DIR}/info`;
  const directory = new Root(root);
  const files = directory.list(info).map(({ name }) => `${info}/${name}`);
  directory.release();
  const texts = packages.flatMap(({ control, files }): TextFile[] => {
    const isForeign = ![arch, 'all'].includes(control.arch);
    const path = `${DPKG_DIR}/status.d/${control.name}${isForeign ? `:${control.arch}` : ''}`;
    return [[path, 'control'] as const, [`${path}.md5sums`, 'md5sums'] as const].flatMap(
      ([target, member]) => {
        const file = files.get(member);
        return file === undefined ? [] : [textFile(target, file.body, epoch)];
      },
    );
  });
  return { remove: [...files, info, `${DPKG_DIR}/status`], files: texts };
}
