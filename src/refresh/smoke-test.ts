import { createHash } from 'node:crypto';
import { type Hook, type LockedHook, lockedHooks } from '../hooks/hook.ts';
import type { Job } from '../job.ts';

/** The job's hooks with a last one that runs `command` in the finished base. */
export function testHook(
  { hooks }: Job,
  command: string,
): { readonly hooks: readonly Hook[]; readonly lockedHooks: readonly LockedHook[] } {
  const text = `exec chroot "$1" /bin/sh -c '${command.replaceAll("'", "'\\''")}'`;
  const digest = createHash('sha256').update(text).digest('hex');
  const all: readonly Hook[] = [
    ...hooks,
    { phase: 'customize', text, cwd: '/', action: { kind: 'shell' }, digest },
  ];
  return { hooks: all, lockedHooks: lockedHooks(all) };
}
