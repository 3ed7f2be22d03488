/** `--if-newer`: a base is made again only after the host's packages have changed. */
import { rename, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MkbaseError } from '../errors.ts';
import { statOrNull } from '../targets/place.ts';
import { linesText } from '../text.ts';
import { unfinishedName } from '../unfinished.ts';
import type { Arguments } from './arguments.ts';
import { removeBase } from './rm.ts';
import { type World, write } from './world.ts';

/**
 * Makes a base unless its TARGET is newer than all inputs; a directory that is older is replaced, and comes back if
 * the base cannot be made.
 *
 * @param inputs files that the base is made of; those that are not there count for nothing
 * @throws MkbaseError `usage/if-newer`, and the errors of `make`
 */
export async function makeIfNewer(
  { operands: [, target = ''], flags }: Arguments,
  { inputs, world }: { readonly inputs: readonly string[]; readonly world: World },
  make: () => Promise<void>,
): Promise<void> {
  // The scheme of an image, as in `oci:DIR`.
  if (flags.to.length > 0 || target === '-' || /^[a-z][a-z-]*:/.test(target)) {
    throw new MkbaseError('usage/if-newer', '`--if-newer` needs a directory or a tar as its only TARGET', {
      hint: 'leave `--if-newer` out for an image: the same packages give the same image',
    });
  }
  const path = resolve(world.cwd, target);
  const made = await statOrNull(path);
  if (made === null) return make();
  const times = await Promise.all(inputs.map(changeTime));
  if (times.every((time) => time < made.ctimeMs)) {
    if (!flags.quiet)
      await write(world.stderr, linesText([`\`${path}\` is newer than the packages of this host`]));
    return;
  }
  // A directory without its lock may be anything: TARGET is checked as for any base.
  if (!made.isDirectory() || (await statOrNull(`${path}.lock.json`)) === null) return make();
  await replace(path, make);
}

/** Milliseconds since 1970. Files of a base have the times of packages, so the time of change counts, here too. */
async function changeTime(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.ctimeMs ?? 0;
}

async function replace(path: string, make: () => Promise<void>): Promise<void> {
  const old = unfinishedName(path);
  await rename(path, old);
  try {
    await make();
  } catch (error) {
    await rename(old, path);
    throw error;
  }
  await removeBase(old);
}
