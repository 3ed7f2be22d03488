import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MkbaseError, restated } from '../../errors.ts';
import { type ApkControl, readApkHead } from './apk-file.ts';
import type { Dependency } from './dependency.ts';
import type { ApkPackage } from './index-file.ts';
import { type ApkKey, verifyMember } from './signature.ts';
import { isVersion } from './version.ts';

/** The repository of package files of this machine. */
export const LOCAL = 'local';

/** A package file that the user named. */
export interface LocalPackage {
  /** As an index would describe it. */
  readonly package: ApkPackage;
  /** The name that the Lock knows it by, which says nothing of this machine. */
  readonly path: string;
  readonly url: string;
}

/**
 * Package files as a user names them to `apk add`. No index vouches for them: their own signature does.
 *
 * @param keys null: signatures are not checked
 * @throws MkbaseError `package/wrong-architecture`, `usage/conflict`, `signature/…`, and what readApkHead throws
 */
export async function readLocalPackages(
  files: readonly string[],
  arch: string,
  keys: readonly ApkKey[] | null,
): Promise<readonly LocalPackage[]> {
  const packages = await Promise.all(files.map((file) => readLocalPackage(file, arch, keys)));
  const names = packages.map((one) => one.package.name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice === undefined) return packages;
  throw new MkbaseError('usage/conflict', `two files of the package \`${twice}\` are included`, {
    hint: 'name one of them',
  });
}

/** What apk writes into the world for a file: the package by its identity. */
export function worldEntry({ name, identity }: ApkPackage): Dependency {
  return { name, isConflict: false, tag: null, operator: '><', version: identity };
}

async function readLocalPackage(
  file: string,
  arch: string,
  keys: readonly ApkKey[] | null,
): Promise<LocalPackage> {
  const bytes = await readFile(file);
  const shown = basename(file);
  const head = headOf(bytes, shown);
  if (keys !== null) verifyMember({ ...head, what: `the package file \`${shown}\`` }, keys);
  const { info, identity } = head;
  if (info.arch !== arch && info.arch !== 'noarch') {
    const message = `\`${shown}\` is of architecture \`${info.arch}\`, and the base of \`${arch}\``;
    throw new MkbaseError('package/wrong-architecture', message, {
      hint: `name a file for \`${arch}\`, or build with \`--arch ${info.arch}\``,
    });
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(info.name) || !isVersion(info.version)) {
    throw new MkbaseError('package/bad-control', `\`${shown}\` has a name or version that is none`, {
      hint: 'report it to the maker of the package; apk would refuse it too',
    });
  }
  const { replaces, replacesPriority, triggers, datahash, ...described } = info;
  return {
    package: { ...described, identity, size: bytes.length, unusable: null },
    path: `${info.name}-${info.version}.apk`,
    url: pathToFileURL(file).href,
  };
}

function headOf(bytes: Buffer, shown: string): ApkControl {
  try {
    return readApkHead(bytes);
  } catch (error) {
    if (!(error instanceof MkbaseError)) throw error;
    throw restated(error, { message: `cannot read \`${shown}\`: ${error.message}` });
  }
}
