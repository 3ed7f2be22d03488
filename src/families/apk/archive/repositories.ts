import { pathToFileURL } from 'node:url';
import { MkbaseError, quoted } from '../../../errors.ts';
import { shownUrl } from '../../../fetch/address.ts';
import { withoutEnd } from '../../../formats/line-end.ts';
import type { GivenSource } from '../../../job.ts';
import type { Check } from '../../../lock/lock.ts';
import { checkedMirror, withoutCredentials } from '../../mirror-address.ts';

/** A repository that packages are chosen from: a component of the branch, or one of the user's own. */
export interface Repository {
  /** Its name in the Lock and in messages; no two have the same. */
  readonly name: string;
  /** Addresses below which `folder` is, in the order in which they are tried. None ends in a slash. */
  readonly mirrors: readonly string[];
  /** With its slash; empty where the address is the repository's own. */
  readonly folder: string;
  /** `@tag` in `etc/apk/repositories`: taken from only where a world entry asks for it; null: always. */
  readonly tag: string | null;
  /** The user's own repository; null for a component of the recipe. */
  readonly own: OwnRepository | null;
}

export interface OwnRepository {
  /** Its address, without credentials. */
  readonly uri: string;
  /** Checks that its source turned off. */
  readonly checksOff: readonly Check[];
}

/** The components of a branch as repositories, at the recipe's mirrors or the one that was given. */
export function componentRepositories(
  components: readonly string[],
  { branch, mirrors }: { readonly branch: string; readonly mirrors: readonly string[] },
): readonly Repository[] {
  return components.map((name) => {
    const folder = [branch, name].filter(Boolean).join('/');
    return { name, mirrors, folder: `${folder}/`, tag: null, own: null };
  });
}

export interface OwnSettings {
  /** Names that are given away. */
  readonly taken: readonly string[];
  readonly checksOff: OwnRepository['checksOff'];
}

/**
 * Repositories as a user names them: by address, or in the form of `etc/apk/repositories`, a repository a
 * line, `@tag` before it, `#` for a comment.
 *
 * @throws MkbaseError `usage/bad-source`
 */
export function userRepositories(
  sources: readonly GivenSource[],
  { taken, checksOff }: OwnSettings,
): readonly Repository[] {
  const names = new Set(taken);
  const lines = sources.flatMap((source) => (source.kind === 'url' ? [source.url] : source.text.split('\n')));
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, tag = null, place = ''] = /^(?:@(\S+)\s+)?(\S+)$/.exec(line) ?? [];
      if (place === '') throw badSource(line);
      const address = addressOf(place, line);
      const name = nameFor(address, names);
      names.add(name);
      const own = { uri: withoutCredentials(address), checksOff };
      return { name, mirrors: [address], folder: '', tag, own };
    });
}

/** `@tag uri`, as in `etc/apk/repositories`. */
export function repositoryLine({ tag }: Repository, uri: string): string {
  return tag === null ? uri : `@${tag} ${uri}`;
}

function addressOf(place: string, line: string): string {
  if (place.startsWith('/')) return pathToFileURL(withoutEnd(place, '/') || '/').href;
  if (/^(https?|file|copy):/.test(place)) return checkedMirror(place);
  throw badSource(line);
}

/** Named by its folder, with a number where that is given away. */
function nameFor(address: string, taken: ReadonlySet<string>): string {
  const { pathname, hostname } = new URL(address);
  const last = decodeURIComponent(pathname.split('/').findLast(Boolean) ?? hostname);
  const base = last.replace(/[^A-Za-z0-9._-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'own';
  let name = base;
  for (let number = 2; taken.has(name); number++) name = `${base}-${number}`;
  return name;
}

function badSource(line: string): MkbaseError {
  const shown = line.includes('://') ? `\`${shownUrl(line)}\`` : quoted(line);
  return new MkbaseError('usage/bad-source', `${shown} is not an apk repository`, {
    hint: 'give its address, a folder, or a file as `/etc/apk/repositories`, `@tag` before those to be asked for',
  });
}
