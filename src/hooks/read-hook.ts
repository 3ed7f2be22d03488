import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Hook, parseHookAction } from './hook.ts';

/**
 * The hook of a text, with the digest of the program that it names where it names one.
 *
 * @throws MkbaseError `usage/bad-hook`
 */
export async function readHook({ phase, text, cwd }: Pick<Hook, 'phase' | 'text' | 'cwd'>): Promise<Hook> {
  const program = await readProgram(resolve(cwd, text));
  const digest = createHash('sha256')
    .update(program ?? text)
    .digest('hex');
  return { phase, text, cwd, action: parseHookAction(text, cwd, program !== null), digest };
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
