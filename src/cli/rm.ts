import { resolve } from 'node:path';
import { MkbaseError } from '../errors.ts';
import { removeHere, removeTree } from '../rootfs/remove.ts';
import type { Arguments } from './arguments.ts';
import { checkOperands } from './operands.ts';
import type { World } from './world.ts';

/** `mkbase rm DIR...` */
export async function rm(args: Arguments, world: World): Promise<void> {
  checkOperands(args, { names: ['DIR'], repeated: true, needed: 1 });
  for (const directory of args.operands) await removeBase(resolve(world.cwd, directory));
}

/** Removes a base, as the user who made it. @throws MkbaseError `target/…` */
export async function removeBase(directory: string): Promise<void> {
  await removeTree(directory, { remove: process.getuid?.() === 0 ? removeHere : removeAsUser });
}

/** Files that the user may not remove belong to their subordinate ids: a process with those ids removes them. */
async function removeAsUser(directory: string): Promise<void> {
  try {
    await removeHere(directory);
  } catch (error) {
    if (!(error instanceof MkbaseError) || error.code !== 'target/not-permitted') throw error;
    const { removeInside } = await import('../staging/builder.ts');
    await removeInside(directory);
  }
}
