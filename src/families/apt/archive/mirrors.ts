import { checkedMirror } from '../../mirror-address.ts';
import type { Pocket } from '../recipe.ts';
import type { LentMirrors } from './host-sources.ts';

export interface MirrorListOptions {
  readonly arch: string;
  /** The architecture that the lent mirrors serve for sure. */
  readonly hostArch: string;
  /** The user's own; null for none. */
  readonly mirror: string | null;
  readonly lent: LentMirrors;
}

/** The addresses of a pocket, the first to be tried first. None ends in a slash. */
export interface MirrorList {
  readonly mirrors: readonly string[];
  /** Those of `mirrors` that are the user's choice, and so may be written into the image. */
  readonly chosen: readonly string[];
  /** The recipe's address, for an image whose packages came over a lent or fallback mirror. */
  readonly official: string;
}

/**
 * The user's mirror replaces all others. For a pocket with a tree of its own, its sibling on that mirror is tried,
 * then the mirror itself, then the pocket's own mirrors. Without a user's mirror the
 * host's lent mirrors come before the recipe's. An archive apart from the distribution's has only its own.
 */
export function mirrorListOf(
  pocket: Pocket,
  { arch, hostArch, mirror, lent }: MirrorListOptions,
): MirrorList {
  const own = ownMirrors(pocket, arch);
  if (pocket.separate) return { mirrors: own, chosen: [], official: officialMirror(pocket, arch) };
  // Ubuntu's ports are not on the mirrors that an amd64 host uses.
  const lentHere = ownMirrors(pocket, hostArch).join(' ') === own.join(' ') ? lentTo(pocket, lent) : [];
  const usual = [...lentHere, ...own];
  const official = officialMirror(pocket, arch);
  if (mirror === null) return { mirrors: unique(usual), chosen: [], official };
  const url = checkedMirror(mirror);
  if (pocket.sibling === undefined) return { mirrors: [url], chosen: [url], official };
  const chosen = unique([...siblingOf(url, pocket.sibling), url]);
  return { mirrors: unique([...chosen, ...usual]), chosen, official };
}

/** The recipe's address of a pocket. */
export function officialMirror(pocket: Pocket, arch: string): string {
  return ownMirrors(pocket, arch)[0]!;
}

function ownMirrors({ mirrors }: Pocket, arch: string): readonly string[] {
  return mirrors[arch] ?? mirrors.default;
}

function lentTo({ sibling }: Pocket, lent: LentMirrors): readonly string[] {
  return sibling === undefined ? lent.archive : lentSecurity(lent, sibling);
}

function lentSecurity(lent: LentMirrors, sibling: NonNullable<Pocket['sibling']>): readonly string[] {
  return lent.security.length > 0 ? lent.security : lent.archive.flatMap((url) => siblingOf(url, sibling));
}

/** The address with the path segment `of` in place of `is`, or nothing where no segment is so named. */
export function siblingOf(url: string, { of, is }: NonNullable<Pocket['sibling']>): string[] {
  const parsed = new URL(url);
  const segments = parsed.pathname.split('/');
  const at = segments.lastIndexOf(of);
  if (at < 0) return [];
  parsed.pathname = segments.with(at, is).join('/');
  return [parsed.href];
}

/** The folder of a suite's Release below the mirror, with its slash; that of a flat repository is its path. */
export function suiteFolder(suite: string): string {
  if (!suite.endsWith('/')) return `dists/${suite}/`;
  return suite.replace(/^(?:\.?\/)+/, '');
}

function unique(urls: readonly string[]): string[] {
  return [...new Set(urls)];
}
