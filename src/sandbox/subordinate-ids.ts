import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { MkbaseError } from '../errors.ts';

/** Arguments of newuidmap(1) and newgidmap(1) after the user's own id: triples of inside, outside, count. */
export interface SubordinateIds {
  readonly uids: readonly string[];
  readonly gids: readonly string[];
}

/** The fewest ids a Debian system needs: `nobody` and `nogroup` are 65534. */
const NEEDED = 65535;

/**
 * The ranges of the calling user, mapped in order from 1 up.
 *
 * @throws MkbaseError `host/no-subuids` where a file has no range for the user or too small a one
 */
export function readSubordinateIds(files = { uids: '/etc/subuid', gids: '/etc/subgid' }): SubordinateIds {
  const uid = process.getuid!();
  const username = nameOf(uid);
  const read = (file: string) => {
    const ranges = parseSubordinateIds(readText(file), username, uid);
    const total = ranges.reduce((sum, range) => sum + range.count, 0);
    if (total < NEEDED) throw tooFew(file, username, total);
    let inside = 1;
    return ranges.flatMap(({ first, count }) => {
      const triple = [String(inside), String(first), String(count)];
      inside += count;
      return triple;
    });
  };
  return { uids: read(files.uids), gids: read(files.gids) };
}

/** A container may run as an id that nobody has given a name. */
function nameOf(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid);
  }
}

/** subuid(5): lines of `user:first:count`, where user is a login name or a number. */
export function parseSubordinateIds(
  text: string,
  username: string,
  uid: number,
): readonly { readonly first: number; readonly count: number }[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([owner]) => owner === username || owner === String(uid))
    .map(([, first, count]) => ({ first: Number(first), count: Number(count) }))
    .filter(({ first, count }) => Number.isSafeInteger(first) && Number.isSafeInteger(count) && count > 0);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // No file means no ranges, which is the message that helps.
  }
}

function tooFew(file: string, user: string, total: number): MkbaseError {
  const have = total === 0 ? 'has no range' : `has only ${total} ids`;
  return new MkbaseError('host/no-subuids', `\`${file}\` ${have} for the user \`${user}\``, {
    hint:
      `as root: \`usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user}\`, ` +
      'or build with `--mode=none --scripts=skip`',
  });
}
