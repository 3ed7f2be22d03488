import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HOOK_PHASES, type Hook, parseHookAction } from '../hooks/hook.ts';
import type { Flags } from './options.ts';

export function namesHooks(flags: Flags): boolean {
  return HOOK_PHASES.some((phase) => flags[`${phase}-hook`].length > 0);
}

/** @throws MkbaseError `usage/bad-hook` */
export async function hooksOf(flags: Flags, cwd: string): Promise<readonly Hook[]> {
  const given = HOOK_PHASES.flatMap((phase) => flags[`${phase}-hook`].map((text) => ({ phase, text })));
  return Promise.all(
    given.map(async ({ phase, text }) => {
      const program = await readProgram(resolve(cwd, text));
      const digest = createHash('sha256')
        .update(program ?? text)
        .digest('hex');
      return { phase, text, cwd, action: parseHookAction(text, cwd, program !== null), digest };
    }),
  );
}

/** The content of an executable file; null where there is none of that name. */
async function readProgram(path: string): Promise<Buffer | null> {
  try {
    await access(path, constants.X_OK);
    return await readFile(path);
  } catch {
    return null; // Then it is a name in PATH, or a script.
  }
}
