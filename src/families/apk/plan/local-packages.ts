import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { badName, checkArchitecture, type LocalFile, readNamed, refuseTwice } from '../../local-files.ts';
import { type ApkKey, verifyMember } from '../archive/signature.ts';
import { readApkHead } from '../package/apk-file.ts';
import type { ApkPackage } from '../package/apk-package.ts';
import type { Dependency } from '../package/dependency.ts';
import { isVersion } from '../package/version.ts';

/** A package file that the user named. */
export interface LocalPackage extends LocalFile {
  /** As an index would describe it. */
  readonly package: ApkPackage;
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
  refuseTwice(packages.map((one) => one.package.name));
  return packages;
}

/** The entry that apk writes into the world for a file: the package by its identity. */
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
  const head = await readNamed(shown, () => readApkHead(bytes));
  if (keys !== null) verifyMember({ ...head, what: `the package file \`${shown}\`` }, keys);
  const { info, identity } = head;
  checkArchitecture({ shown, itsArch: info.arch, anyArch: 'noarch', arch });
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(info.name) || !isVersion(info.version))
    throw badName(shown, 'apk');
  const { replaces, replacesPriority, triggers, datahash, ...described } = info;
  return {
    package: { ...described, identity, size: bytes.length, unusable: null },
    path: `${info.name}-${info.version}.apk`,
    url: pathToFileURL(file).href,
  };
}
