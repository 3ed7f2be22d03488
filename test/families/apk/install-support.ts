import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { apk } from '../../../src/families/apk/family.ts';
import { install } from '../../../src/families/apk/install/install.ts';
import { readApkHead } from '../../../src/families/apk/package/apk-file.ts';
import type { Installed, InstallJob } from '../../../src/families/family.ts';
import type { LockedPackage } from '../../../src/lock/lock.ts';
import { compileExclusions, parsePathRules } from '../../../src/rootfs/exclusions.ts';
import { createUnpacker } from '../../../src/rootfs/unpack.ts';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import { type ApkSpec, buildApk } from '../../support/apk.ts';

export interface InstallResult extends Installed {
  readonly root: string;
  readonly events: readonly string[];
}

export interface InstallSpec extends Partial<InstallJob> {
  /** In the order of installation. */
  readonly apks: readonly (ApkSpec | Buffer)[];
  /** Run scripts, as root; default is to leave them out. */
  readonly scripts?: boolean;
  /** Makes the plan say something else than the file. */
  readonly relabel?: (item: LockedPackage) => LockedPackage;
}

/** A package as a lock has it. */
export function lockedPackage(bytes: Buffer): LockedPackage {
  const { identity, info } = readApkHead(bytes);
  const { name, version, arch } = info;
  const digest = `apk:${Buffer.from(identity.slice(2), 'base64').toString('hex')}`;
  return { name, version, arch, pocket: 'main', path: '', size: bytes.length, digest, reason: 'requested' };
}

/** Installs packages into a new directory. */
export async function installApks({
  apks,
  scripts = false,
  relabel,
  ...job
}: InstallSpec): Promise<InstallResult> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const files = new Map<LockedPackage, string>();
  for (const [index, apk] of apks.entries()) {
    const bytes = Buffer.isBuffer(apk) ? apk : buildApk(apk);
    const file = join(folder, `${index}.apk`);
    await writeFile(file, bytes);
    const item = lockedPackage(bytes);
    files.set(relabel?.(item) ?? item, file);
  }
  return installFiles(join(folder, 'root'), files, { scripts, ...job });
}

export async function installFiles(
  root: string,
  files: ReadonlyMap<LockedPackage, string>,
  {
    scripts,
    privileged = scripts,
    ...job
  }: Partial<InstallJob> & {
    readonly scripts: boolean;
    /** Set owners, as root. */
    readonly privileged?: boolean;
  },
): Promise<InstallResult> {
  await mkdir(root, { mode: 0o755 });
  const setup = { family: 'apk', owners: privileged, scripts };
  const unpacker = createUnpacker({ early: 1, most: 2 }, setup, apk.reader);
  const sandbox = scripts ? startSandbox('root') : null;
  const events: string[] = [];
  try {
    await unpacker.enter(root);
    const installed = await install(
      {
        ...{ arch: 'x86_64', packages: [...files.keys()], pathRules: [], seedFiles: [] },
        ...{ keepSecrets: false, epoch: null, debconfSelections: null, allFirst: false, included: [] },
        mode: privileged ? 'root' : 'none',
        // null leaves the password as the package has it.
        family: { name: 'apk', options: {}, image: { rootPassword: null, releaseFiles: null } },
        ...job,
      },
      {
        ...{ root, unpacker, sandbox, hooks: {}, checkpoints: null },
        exclusion: compileExclusions(parsePathRules(job.pathRules ?? [])),
        fileOf: async (item) => files.get(item) ?? '',
        onStaged: () => {},
        onExcluded: (excluded) => events.push(...excluded.map(({ rule }) => `excluded by ${rule.glob}`)),
        onConfigured: (name) => events.push(`configured ${name}`),
        onScripts: () => events.push('scripts'),
        log: (line) => events.push(line),
      },
    );
    return { ...installed, root, events };
  } finally {
    await sandbox?.close();
    await unpacker.close();
  }
}
