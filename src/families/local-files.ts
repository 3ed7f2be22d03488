/** Package files of this machine, which a user names beside what repositories have. */
import { MkbaseError, restated } from '../errors.ts';
import type { Lock } from '../lock/lock.ts';
import type { Plan } from './family.ts';
import { urlOf } from './mirror-address.ts';

/** The pocket or repository that they are of, in plans and locks. */
export const LOCAL = 'local';

/** Before the names of those that were made of packages that are installed on this host. */
export const HOST_FOLDER = 'host/';

export interface LocalFile {
  /** The name that the Lock knows it by, which says nothing of this machine. */
  readonly path: string;
  readonly url: string;
}

/** Where each file of a plan can be had: below the mirrors of its pocket, or on this machine. */
export function addresses(
  mirrorsOfPocket: ReadonlyMap<string, readonly string[]>,
  local: readonly LocalFile[],
): Plan['urlsOf'] {
  return (path, pocket) => {
    if (pocket === LOCAL) return local.filter((one) => one.path === path).map(({ url }) => url);
    return (mirrorsOfPocket.get(pocket) ?? []).map((mirror) => urlOf(mirror, path));
  };
}

/**
 * Whether all that a Lock has of them is named again; their digests are checked when they are read.
 *
 * @throws MkbaseError `lock/other-packages`
 */
export function checkLocalFiles({ packages }: Lock, local: readonly LocalFile[]): void {
  const missing = packages.find(
    ({ pocket, path }) => pocket === LOCAL && !local.some((one) => one.path === path),
  );
  if (missing === undefined) return;
  const isOfHost = missing.path.startsWith(HOST_FOLDER);
  throw new MkbaseError('lock/other-packages', `the lock holds the local file \`${missing.path}\``, {
    hint: isOfHost
      ? 'build with `mkbase host --lock FILE` where its packages are installed'
      : `name the same file, unchanged, with \`--include ./FILE${/\.[a-z]+$/.exec(missing.path)?.[0] ?? ''}\``,
  });
}

/** @throws MkbaseError `usage/conflict` for two files of one package */
export function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice === undefined) return;
  throw new MkbaseError('usage/conflict', `two files of the package \`${twice}\` are included`, {
    hint: 'name one of them',
  });
}

interface Described {
  /** The name of the file. */
  readonly shown: string;
  /** The package's architecture; `anyArch` is its family's name for all architectures. */
  readonly itsArch: string;
  readonly anyArch: string;
  /** The base's architecture. */
  readonly arch: string;
}

/** @throws MkbaseError `package/wrong-architecture` */
export function checkArchitecture({ shown, itsArch, anyArch, arch }: Described): void {
  if (itsArch === arch || itsArch === anyArch) return;
  throw new MkbaseError(
    'package/wrong-architecture',
    `\`${shown}\` is of architecture \`${itsArch}\`, and the base of \`${arch}\``,
    { hint: `name a file for \`${arch}\`, or build with \`--arch ${itsArch}\`` },
  );
}

/** The refusal of a name or version that the family's own tool would refuse too. */
export function badName(shown: string, program: 'apk' | 'dpkg'): MkbaseError {
  return new MkbaseError('package/bad-control', `\`${shown}\` has an invalid package name or version`, {
    hint: `report it to the maker of the package; ${program} would refuse it too`,
  });
}

/** The result of `read`; errors get the name of the file, which a parser of bytes does not know. */
export async function readNamed<Content>(
  shown: string,
  read: () => Content | Promise<Content>,
): Promise<Content> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof MkbaseError)) throw error;
    throw restated(error, { message: `cannot read \`${shown}\`: ${error.message}` });
  }
}
