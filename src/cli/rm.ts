import { resolve } from 'node:path';
import { MkbaseError } from '../errors.ts';
import { removeTree } from '../rootfs/remove.ts';
import type { Arguments } from './arguments.ts';
import type { World } from './world.ts';

/** `mkbase rm DIR...` */
export async function rm({ operands }: Arguments, world: World): Promise<void> {
  if (operands.length === 0) {
    throw new MkbaseError('usage/missing-operand', 'DIR is missing', {
      hint: 'the form is `mkbase rm DIR...`',
    });
  }
  for (const directory of operands) await removeTree(resolve(world.cwd, directory));
}
