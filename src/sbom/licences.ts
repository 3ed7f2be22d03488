/** The licences of a Lock's packages, read from the packages themselves. */
import { readFile } from 'node:fs/promises';
import type { Cache } from '../cache.ts';
import { MkbaseError } from '../errors.ts';
import { staging } from '../families/index.ts';
import { parseDigest } from '../formats/digest.ts';
import type { Lock, LockedPackage } from '../lock.ts';
import { findRecipe } from '../recipes.ts';
import type { PackageFile, PackageReader } from '../rootfs/package-file.ts';
import { licenceOfCopyright } from './copyright.ts';

/** SPDX expressions by the digest of the package. */
export type Licences = ReadonlyMap<string, string>;

/**
 * Of those packages that the cache has: a bill of materials fetches nothing. What was read once is kept
 * beside them.
 */
export async function readLicences(lock: Lock, { store }: Pick<Cache, 'store'>): Promise<Licences> {
  if (lock.packages.length === 0) return new Map();
  const { family } = findRecipe(lock.recipe.name);
  const reader = (await import(staging[family].reader)) as PackageReader;
  const licences = new Map<string, string>();
  for (const item of lock.packages) {
    const licence = await knownLicence(item, { store, reader });
    if (licence !== '') licences.set(item.digest, licence);
  }
  return licences;
}

/** Empty where there is none. */
async function knownLicence(
  item: LockedPackage,
  { store, reader }: Pick<Cache, 'store'> & { readonly reader: PackageReader },
): Promise<string> {
  const key = `licence-1/${item.digest.replace(':', '-')}`;
  const kept = await store.read(key);
  if (kept !== null) return kept.toString();
  const path = await cachedFile(item, store);
  if (path === null) return '';
  const licence = licenceOf(item.name, await reader.readPackage(await readFile(path))) ?? '';
  await store.write(key, Buffer.from(licence));
  return licence;
}

async function cachedFile(
  { name, digest, size }: LockedPackage,
  store: Cache['store'],
): Promise<string | null> {
  try {
    const item = { what: name, urls: [], size, digest: parseDigest(digest) };
    return (await store.fetch(item)).path;
  } catch (error) {
    if (error instanceof MkbaseError && error.code === 'network/offline') return null;
    throw error;
  }
}

function licenceOf(name: string, { control, entries }: PackageFile): string | null {
  const info = control.get('.PKGINFO')?.body.toString();
  if (info !== undefined) return /^license = ([A-Za-z0-9.+() -]+)$/m.exec(info)?.[1] ?? null;
  const path = new RegExp(`^(\\./)?usr/share/doc/${name.replaceAll('+', '\\+')}/copyright$`);
  const copyright = entries.find((entry) => entry.type === 'file' && path.test(entry.path));
  return copyright === undefined ? null : licenceOfCopyright(copyright.body.toString());
}
