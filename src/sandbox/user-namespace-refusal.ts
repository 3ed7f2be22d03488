import { readFileSync } from 'node:fs';
import { MkbaseError } from '../errors.ts';

/** Settings that forbid user namespaces to an ordinary user, in the order in which they are checked. */
const SETTINGS = [
  {
    file: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    forbids: (value: number) => value === 1,
    why: 'AppArmor restricts user namespaces on this host (Ubuntu 23.10 and later do)',
    allow: 'sysctl kernel.apparmor_restrict_unprivileged_userns=0',
  },
  {
    file: '/proc/sys/kernel/unprivileged_userns_clone',
    forbids: (value: number) => value === 0,
    why: 'this kernel forbids user namespaces to ordinary users',
    allow: 'sysctl kernel.unprivileged_userns_clone=1',
  },
  {
    file: '/proc/sys/user/max_user_namespaces',
    forbids: (value: number) => value === 0,
    why: 'this kernel allows no user namespaces',
    allow: 'sysctl user.max_user_namespaces=65536',
  },
] as const;

/** Why `unshare --user` failed, read from the host's settings, and how to allow it. */
export function userNamespaceRefusal(
  complaint: string,
  read: (file: string) => string = (file) => readFileSync(file, 'utf8'),
): MkbaseError {
  for (const { file, forbids, why, allow } of SETTINGS) {
    let value: string;
    try {
      value = read(file);
    } catch {
      continue; // A kernel without this setting does not forbid by it.
    }
    if (forbids(Number(value))) return refusal(why, `as root: \`${allow}\``, complaint);
  }
  return refusal(
    'the host refuses a user namespace',
    'a container without CAP_SYS_ADMIN or a seccomp filter may forbid it: allow it there',
    complaint,
  );
}

function refusal(why: string, allow: string, complaint: string): MkbaseError {
  return new MkbaseError('host/no-user-namespaces', `cannot isolate maintainer scripts: ${why}`, {
    hint: `${allow}; or build as root; or leave the scripts out with \`--scripts=skip --mode=none\``,
    details: complaint.trim() === '' ? [] : complaint.trim().split('\n'),
  });
}
