/** The contents of an image by its Lock: the same facts for every form of a bill of materials. */

import { createHash } from 'node:crypto';
import { familyOf } from '../families/index.ts';
import { createdAt, historyOf } from '../lock/labels.ts';
import type { Lock, LockedFamily, LockedIndex, LockedPackage, LockedRecipe } from '../lock/lock.ts';
import type { Facts, Source } from './facts.ts';

export interface Inventory {
  /** `debian:bookworm`, and of which architecture. */
  readonly name: string;
  readonly arch: string;
  /** `mkbase debian:bookworm --variant=minbase` */
  readonly summary: string;
  /** sha256 of the Lock, hex: two bills of the same Lock are the same. */
  readonly lockDigest: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** The distribution whose packages these are; null where there are none. */
  readonly system: { readonly name: string; readonly version: string } | null;
  readonly packages: readonly PackageItem[];
  readonly files: readonly FileItem[];
  /** dpkg path rules, `path-exclude=GLOB`: files of packages that match are not in the image. */
  readonly pathRules: readonly string[];
  /** Whether programs of the user ran in it: their changes are not known. */
  readonly hasHooks: boolean;
}

export interface PackageItem {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  /** Package URL, github.com/package-url/purl-spec. */
  readonly purl: string;
  /** The supplier: `debian`, or the origin that a user's own source states; null where it states none. */
  readonly supplier: string | null;
  /** The name of its source package: advisories name that. */
  readonly source: string | null;
  /** Below the address of its repository. */
  readonly path: string;
  /** Where it can be had; null for a file of the machine that made the image. */
  readonly url: string | null;
  readonly size: number;
  /** Hex; null where its index vouches for it otherwise and the cache does not have it. */
  readonly sha256: string | null;
  readonly reason: LockedPackage['reason'];
  /** SPDX licence expression; null where it is not known. */
  readonly licence: string | null;
}

/** A file, or an archive of files, that comes from no package. */
export interface FileItem {
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
  /** `program`: of the machine that made the image. `settings`: written by mkbase. `content`: given with `--add`. */
  readonly kind: 'program' | 'settings' | 'content';
}

/** The same Lock and facts give the same, in the order of the Lock. */
export function inventoryOf(lock: Lock, facts: Facts): Inventory {
  const { recipe, arch, lockDigest, image, family, pathRules, indexes } = lock;
  return {
    name: recipe.name,
    arch,
    summary: historyOf(lock),
    lockDigest,
    created: createdAt(lock),
    system: family && systemOf(recipe),
    packages: lock.packages.map((item) => packageItem(item, { recipe, family: family!, indexes, facts })),
    files: filesOf(image),
    pathRules,
    hasHooks: (image.hooks ?? []).length > 0,
  };
}

/** The system by its os-release, which is what scanners look for advisories by. */
function systemOf({ system, distribution, release, suite }: LockedRecipe): NonNullable<Inventory['system']> {
  return system ?? { name: distribution, version: release ?? suite };
}

interface Origins {
  readonly recipe: LockedRecipe;
  readonly family: LockedFamily;
  readonly indexes: readonly LockedIndex[];
  readonly facts: Facts;
}

function packageItem(item: LockedPackage, { recipe, family, indexes, facts }: Origins): PackageItem {
  const { name, version, arch, pocket, path, size, digest, reason } = item;
  const index = indexes.find((one) => one.pocket === pocket);
  const own = index?.own === undefined ? null : index.uri;
  const source = facts.get(digest)?.source ?? sourceIn(path);
  return {
    ...{ name, version, arch, path, size, reason },
    purl: purlOf(item, { recipe, family, source, repository: own }),
    supplier: own === null ? recipe.distribution : (index?.origin ?? null),
    source: source?.name ?? null,
    url: index === undefined ? null : `${index.uri}/${path}`,
    // apk knows packages by another digest.
    sha256: digest.startsWith('sha256:')
      ? digest.slice('sha256:'.length)
      : (facts.get(digest)?.sha256 ?? null),
    licence: facts.get(digest)?.licence ?? null,
  };
}

/** `pool/main/g/glibc/libc6_2.36-9_amd64.deb`, `pool/updates/main/o/openssl/…`: null in another kind of pool. */
function sourceIn(path: string): Source | null {
  const [prefix = '', name = ''] = path.split('/').slice(-3);
  const isPool = path.startsWith('pool/') && prefix === (/^lib./.exec(name)?.[0] ?? name[0]);
  return isPool ? { name, version: null } : null;
}

interface PurlOptions {
  readonly recipe: LockedRecipe;
  readonly family: LockedFamily;
  readonly source: Source | null;
  /** The address of a source of the user's own. */
  readonly repository: string | null;
}

/** With the qualifiers by which syft, grype and trivy find advisories: those of a distribution name sources. */
function purlOf(
  { name, version, arch }: LockedPackage,
  { recipe, family, source, repository }: PurlOptions,
): string {
  const system = systemOf(recipe);
  const { purlType } = familyOf({ family: family.name });
  const [type, path] = [purlType, [system.name, name].map(encodeURIComponent).join('/')];
  // The specification leaves the colon of an epoch as it is.
  const escaped = encodeURIComponent(version).replaceAll('%3A', ':');
  const built = source?.version === version ? null : source?.version;
  const upstream =
    source === null || (source.name === name && !built) ? null : `${source.name}${built ? `@${built}` : ''}`;
  const qualifiers = [
    `arch=${encodeURIComponent(arch)}`,
    `distro=${encodeURIComponent(`${system.name}-${system.version}`)}`,
    ...(upstream === null ? [] : [`upstream=${encodeURIComponent(upstream)}`]),
    ...(repository === null ? [] : [`repository_url=${encodeURIComponent(repository)}`]),
  ];
  return `pkg:${type}/${path}@${escaped}?${qualifiers.join('&')}`;
}

function filesOf({ files, additions, programs = [] }: Lock['image']): FileItem[] {
  return [
    ...programs.map(({ path, sha256 }): FileItem => ({ path: `/${path}`, sha256, kind: 'program' })),
    ...files.map(
      ({ path, content }): FileItem => ({ path: `/${path}`, sha256: sha256Of(content), kind: 'settings' }),
    ),
    ...(additions === null ? [] : [{ path: '/', sha256: additions, kind: 'content' } as const]),
  ];
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
