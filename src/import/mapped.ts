/**
 * Directories whose files belong to a user's subordinate ids, as mkbase and other tools make them in a
 * user namespace: the owners that are meant are the ones inside of it.
 */
import { once } from 'node:events';
import { lstatSync, readdirSync } from 'node:fs';
import { entryOf } from '../entries.ts';
import { openTarStream, type TarFile, type TarLimits } from '../formats/tar-file.ts';
import { fromPortable } from '../portable-error.ts';
import { startInside } from '../sandbox/namespaces.ts';
import { readSubordinateIds } from '../sandbox/subordinate-ids.ts';
import type { FromChild, ToChild } from './mapped-child.ts';

/** Whether a file below `root` belongs to such an id of this user. */
export function holdsSubordinateIds(root: string): boolean {
  if (process.getuid?.() === 0) return false;
  try {
    const { uids, gids } = readSubordinateIds();
    return holds(root, { isUid: within(uids), isGid: within(gids) });
  } catch {
    return false; // A user without subordinate ids owns no such files.
  }
}

interface OwnIds {
  readonly isUid: (id: number) => boolean;
  readonly isGid: (id: number) => boolean;
}

function holds(path: string, ids: OwnIds): boolean {
  const stats = lstatSync(path);
  if (ids.isUid(stats.uid) || ids.isGid(stats.gid)) return true;
  return stats.isDirectory() && readdirSync(path).some((name) => holds(`${path}/${name}`, ids));
}

/** By the arguments of newuidmap(1): triples of inside, outside, count. */
function within(triples: readonly string[]): (id: number) => boolean {
  const numbers = triples.map(Number);
  return (id) => numbers.some((first, at) => at % 3 === 1 && id >= first && id < first + numbers[at + 1]!);
}

/** The directory as a tar with the owners that it has inside of the user namespace, and the notices about it. */
export async function mappedTar(
  root: string,
  limits: TarLimits,
): Promise<TarFile & { readonly notices: readonly string[] }> {
  const entry = entryOf('reader');
  const child = await startInside({ mode: 'unshare', entry, stdout: 'pipe' });
  try {
    const answer = Promise.race([once(child, 'message'), once(child, 'exit')]) as Promise<
      [FromChild | number]
    >;
    child.send({ root } satisfies ToChild);
    const [tar, [said]] = await Promise.all([openTarStream(child.stdout!, limits).catch(String), answer]);
    if (typeof said === 'object' && 'error' in said) throw fromPortable(said.error);
    if (typeof tar === 'string' || typeof said !== 'object')
      throw new Error('the reading process ended early');
    return { ...tar, notices: said.notices };
  } finally {
    child.kill('SIGKILL');
  }
}
