/** Which packages an image has, by the databases of package managers that are in it. */
import { MkbaseError, quoted } from '../errors.ts';
import type { InstalledPackage } from '../families/family.ts';
import { FAMILIES } from '../families/index.ts';
import { bytesText } from '../text.ts';

const OS_RELEASE = /^(etc|usr\/lib)\/os-release$/;

/** Whether a file of a Tree is of a database of packages, or says whose system it is. */
export function isDatabasePath(path: string): boolean {
  return OS_RELEASE.test(path) || FAMILIES.some(({ database }) => database.paths.test(path));
}

/** Bytes of all of an image: the whole of Debian's archive is described in fewer. */
const LARGEST_DATABASES = 64 * 2 ** 20;

/**
 * For what reads databases whole, of which a sparse one is of any size: `size` is that of those up to this one.
 *
 * @throws MkbaseError `image/databases-too-large`
 */
export function checkDatabaseSize(path: string, size: number): void {
  if (size <= LARGEST_DATABASES) return;
  const limit = bytesText(LARGEST_DATABASES);
  throw new MkbaseError(
    'image/databases-too-large',
    `with ${quoted(`/${path}`)} the package databases have ${bytesText(size)}, and ${limit} is all that is read`,
    { hint: 'the image is damaged or hostile' },
  );
}

/** In the order of their names. */
export function installedPackages(files: ReadonlyMap<string, Buffer>): InstalledPackage[] {
  const found = [...files].flatMap(([path, content]) => {
    const family = FAMILIES.find(({ database }) => database.paths.test(path));
    return family?.database.read(content.toString()) ?? [];
  });
  return found.sort((a, b) => (a.name === b.name ? order(a.arch, b.arch) : order(a.name, b.name)));
}

/** `PRETTY_NAME` of os-release(5), or null. */
export function systemName(files: ReadonlyMap<string, Buffer>): string | null {
  const text = (files.get('etc/os-release') ?? files.get('usr/lib/os-release'))?.toString() ?? '';
  return /^PRETTY_NAME=(["']?)(.*)\1$/m.exec(text)?.[2] ?? null;
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
