/** Files that scripts of any family leave and that differ from build to build. They are removed inside the sandbox. */
import { MkbaseError } from '../errors.ts';
import { clampKeystoreTimes } from '../formats/java-keystore.ts';
import { SECRETS } from '../rootfs/secrets.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { SECONDS_A_DAY } from '../time.ts';

const CERTIFICATES = '/etc/ssl/certs';

/** Where ca-certificates-java, and Alpine's java-cacerts, put what Java trusts. */
const JAVA_TRUST = `${CERTIFICATES}/java/cacerts`;

export interface TracesOptions {
  readonly epoch: number;
  readonly keepSecrets: boolean;
}

/** @returns the paths of secrets that were removed */
export async function removeTraces(
  sandbox: Sandbox,
  { epoch, keepSecrets }: TracesOptions,
): Promise<readonly string[]> {
  // Empty, not absent: systemd fills it at first boot, machine-id(5).
  if ((await sandbox.read('/etc/machine-id')) !== null) await sandbox.write('/etc/machine-id', '', 0o444);
  // It would be the day of the build.
  await datePasswords(sandbox, (day) => Math.min(day, dayOf(epoch)));
  await fixJavaTrust(sandbox, epoch).catch(unlessOfOtherKind);
  return keepSecrets ? [] : removeSecrets(sandbox);
}

async function removeSecrets(sandbox: Sandbox): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const { directory, names } of SECRETS) {
    for (const name of await sandbox.list(directory)) {
      if (!names.test(name)) continue;
      await sandbox.remove(`${directory}/${name}`);
      removed.push(`${directory}/${name}`);
      // By the hash of its subject, openssl-rehash(1): it would lead to nothing.
      if (directory === CERTIFICATES) {
        await sandbox.run({
          argv: ['find', directory, '-lname', name, '-delete'],
          env: { PATH: '/usr/bin:/bin' },
        });
      }
    }
  }
  return removed;
}

/** Changes the days of the last password changes, shadow(5)'s third field. */
export async function datePasswords(sandbox: Sandbox, dated: (day: number) => number): Promise<void> {
  for (const path of ['/etc/shadow', '/etc/shadow-']) {
    const text = (await sandbox.read(path))?.toString('latin1');
    const fixed = text?.replace(/^([^:\n]*:[^:\n]*:)(\d+)(?=:)/gm, (whole, before: string, day: string) => {
      const other = dated(Number(day));
      return other === Number(day) ? whole : `${before}${other}`;
    });
    if (fixed !== undefined && fixed !== text) await sandbox.edit(path, Buffer.from(fixed, 'latin1'));
  }
}

/** As shadow(5) counts them. */
export function dayOf(seconds: number): number {
  return Math.floor(seconds / SECONDS_A_DAY);
}

/** Each certificate has the millisecond in which the script took it up. */
async function fixJavaTrust(sandbox: Sandbox, epoch: number): Promise<void> {
  const bytes = await sandbox.read(JAVA_TRUST);
  const fixed = bytes === null ? null : clampKeystoreTimes(bytes, epoch);
  if (fixed !== null) await sandbox.edit(JAVA_TRUST, fixed);
}

/** A link to where another package has its own is as good, and that one is let be. */
function unlessOfOtherKind(error: unknown): void {
  if (error instanceof MkbaseError && error.code === 'script/not-a-file') return;
  throw error;
}
