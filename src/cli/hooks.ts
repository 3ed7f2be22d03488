import { HOOK_PHASES, type Hook } from '../hooks/hook.ts';
import { readHook } from '../hooks/read-hook.ts';
import type { Flags } from './options.ts';

export function namesHooks(flags: Flags): boolean {
  return HOOK_PHASES.some((phase) => flags[`${phase}-hook`].length > 0);
}

/** @throws MkbaseError `usage/bad-hook` */
export async function hooksOf(flags: Flags, cwd: string): Promise<readonly Hook[]> {
  const given = HOOK_PHASES.flatMap((phase) => flags[`${phase}-hook`].map((text) => ({ phase, text, cwd })));
  return Promise.all(given.map(readHook));
}
