/** Facts about packages that the Lock does not have, read from the packages themselves. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { MkbaseError } from '../errors.ts';
import { familyOf } from '../families/index.ts';
import type { Store } from '../fetch/store.ts';
import { parseDigest } from '../formats/digest.ts';
import type { Lock, LockedPackage } from '../lock/lock.ts';
import type { PackageFile, PackageReader } from '../rootfs/package-file.ts';
import { licenceOfCopyright } from './copyright.ts';

/** Facts that a package has and its index lacks. */
export interface PackageFacts {
  /** SPDX licence expression. */
  readonly licence: string | null;
  /** The digest of the package file, hex. */
  readonly sha256: string;
  /** The source that it was built from; with a version where that differs. */
  readonly source: Source;
}

export interface Source {
  readonly name: string;
  readonly version: string | null;
}

/** By the digest of the package in the Lock. */
export type Facts = ReadonlyMap<string, PackageFacts>;

/**
 * The facts of the packages that the cache has: a bill of materials fetches nothing. Results are kept
 * beside them.
 */
export async function readFacts(lock: Lock, { store }: { readonly store: Store }): Promise<Facts> {
  if (lock.family === null) return new Map();
  const reader = await familyOf({ family: lock.family.name }).reader();
  const facts = new Map<string, PackageFacts>();
  for (const item of lock.packages) {
    const known = await factsOf(item, { store, reader });
    if (known !== null) facts.set(item.digest, known);
  }
  return facts;
}

async function factsOf(
  item: LockedPackage,
  { store, reader }: { readonly store: Store; readonly reader: PackageReader },
): Promise<PackageFacts | null> {
  const key = `package-facts-2/${item.digest.replace(':', '-')}`;
  const kept = await store.read(key);
  if (kept !== null) return JSON.parse(kept.toString()) as PackageFacts;
  const path = await cachedFile(item, store);
  if (path === null) return null;
  const bytes = await readFile(path);
  const file = await reader.readPackage(bytes);
  const facts: PackageFacts = {
    licence: licenceOf(item.name, file),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    source: sourceOf(item.name, file),
  };
  await store.write(key, Buffer.from(JSON.stringify(facts)));
  return facts;
}

async function cachedFile({ name, digest, size }: LockedPackage, store: Store): Promise<string | null> {
  try {
    const item = { what: name, urls: [], size, digest: parseDigest(digest) };
    return (await store.fetch(item)).path;
  } catch (error) {
    if (error instanceof MkbaseError && error.code === 'network/offline') return null;
    throw error;
  }
}

/** `Source: glibc (2.36-9)`, deb-control(5); `origin = glibc`. Without either it is of its own name. */
function sourceOf(name: string, { control }: PackageFile): Source {
  const info = control.get('.PKGINFO')?.body.toString();
  const origin = info === undefined ? null : (/^origin = (\S+)$/m.exec(info)?.[1] ?? null);
  if (origin !== null) return { name: origin, version: null };
  const text = control.get('control')?.body.toString() ?? '';
  const [, source = name, version = null] =
    /^Source:[ \t]*([^\s(]+)(?:[ \t]*\(([^\s)]+)\))?/im.exec(text) ?? [];
  return { name: source, version };
}

function licenceOf(name: string, { control, entries }: PackageFile): string | null {
  const info = control.get('.PKGINFO')?.body.toString();
  if (info !== undefined) return /^license = ([A-Za-z0-9.+() -]+)$/m.exec(info)?.[1] ?? null;
  const path = new RegExp(`^(\\./)?usr/share/doc/${name.replaceAll('+', '\\+')}/copyright$`);
  const copyright = entries.find((entry) => entry.type === 'file' && path.test(entry.path));
  return copyright === undefined ? null : licenceOfCopyright(copyright.body.toString());
}
