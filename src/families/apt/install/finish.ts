/** Cleans up and fixes the rootfs when all scripts have run. It acts inside the sandbox. */
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { removeTraces } from '../../traces.ts';
import { unsilence } from './silenced.ts';

/** Forbids services to start while packages are configured, policy-rc.d of invoke-rc.d(8). */
const POLICY_RC_D = { path: '/usr/sbin/policy-rc.d', text: '#!/bin/sh\nexit 101\n' } as const;

/** Logs and caches that hold times, inode numbers or the machine's identity, and nothing a system needs. */
const TRANSIENT = [
  '/var/log/dpkg.log',
  '/var/log/alternatives.log',
  '/var/log/bootstrap.log',
  '/var/log/apt/history.log',
  '/var/log/apt/term.log',
  '/var/log/apt/eipp.log.xz',
  '/var/cache/ldconfig/aux-cache',
  // gpg's, made by old suites' apt-key with the time in it.
  '/etc/apt/trustdb.gpg',
  '/var/lib/dbus/machine-id',
  '/var/lib/systemd/catalog/database',
];

/** Packages that hooks have put here for apt are not part of a base, nor are they for mmdebstrap. */
const ARCHIVES = '/var/cache/apt/archives';

export interface FinishOptions {
  readonly epoch: number;
  /** Programs that are diverted. */
  readonly silenced: readonly string[];
  readonly keepStubs: boolean;
  readonly keepSecrets: boolean;
}

/** Writes the policy where there is none. */
export async function forbidServices(sandbox: Sandbox): Promise<void> {
  const { path, text } = POLICY_RC_D;
  if ((await sandbox.read(path)) === null) await sandbox.write(path, text, 0o755);
}

/** @returns the paths of secrets that were removed */
export async function finishRootfs(
  sandbox: Sandbox,
  { epoch, silenced, keepStubs, keepSecrets }: FinishOptions,
): Promise<readonly string[]> {
  const policy = await sandbox.read(POLICY_RC_D.path);
  if (!keepStubs) {
    if (policy?.toString() === POLICY_RC_D.text) await sandbox.remove(POLICY_RC_D.path);
    await unsilence(sandbox, silenced);
  }
  for (const path of TRANSIENT) await sandbox.remove(path);
  for (const name of await sandbox.list(ARCHIVES)) {
    if (name.endsWith('.deb')) await sandbox.remove(`${ARCHIVES}/${name}`);
  }
  for (const name of await sandbox.list('/run')) {
    // /var/lock leads to /run/lock, policy section 9.1.4.
    if (name !== 'lock') await sandbox.remove(`/run/${name}`);
  }
  return removeTraces(sandbox, { epoch, keepSecrets });
}
