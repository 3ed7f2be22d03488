/** Which packages an image has, by the databases of dpkg and apk that are in it. */
import { MkbaseError, quoted } from '../errors.ts';
import { parseDeb822 } from '../formats/deb822.ts';
import { bytesText } from '../text.ts';

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
}

/** Paths of databases: dpkg's, the one of images without dpkg, apk's before and after 3.22, and who made it. */
export const DATABASES =
  /^(var\/lib\/dpkg\/(status|status\.d\/[^/]+)|(usr\/)?lib\/apk\/db\/installed|(etc|usr\/lib)\/os-release)$/;

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
    const text = content.toString();
    if (path.includes('/apk/')) return apkPackages(text);
    if (path.includes('/dpkg/') && !path.endsWith('.md5sums')) return dpkgPackages(text);
    return [];
  });
  return found.sort((a, b) => (a.name === b.name ? order(a.arch, b.arch) : order(a.name, b.name)));
}

/** `PRETTY_NAME` of os-release(5), or null. */
export function systemName(files: ReadonlyMap<string, Buffer>): string | null {
  const text = (files.get('etc/os-release') ?? files.get('usr/lib/os-release'))?.toString() ?? '';
  return /^PRETTY_NAME=(["']?)(.*)\1$/m.exec(text)?.[2] ?? null;
}

/** A package that was removed but left settings is still listed; those of status.d have no status. */
function dpkgPackages(text: string): InstalledPackage[] {
  return parseDeb822(text).flatMap((stanza) => {
    const [name, version, arch = ''] = ['package', 'version', 'architecture'].map((field) =>
      stanza.get(field),
    );
    const state = stanza.get('status');
    const isThere = state === undefined || /\s(installed|unpacked|half-configured|triggers-\w+)$/.test(state);
    return name === undefined || version === undefined || !isThere ? [] : [{ name, version, arch }];
  });
}

/** apk-v2 installed database: a stanza a package, a letter a field. */
function apkPackages(text: string): InstalledPackage[] {
  return text.split('\n\n').flatMap((stanza) => {
    const field = (letter: string) => new RegExp(`^${letter}:(.*)$`, 'm').exec(stanza)?.[1];
    const [name, version, arch = ''] = ['P', 'V', 'A'].map(field);
    return name === undefined || version === undefined ? [] : [{ name, version, arch }];
  });
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
