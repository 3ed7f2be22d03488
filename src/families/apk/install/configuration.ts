/** Scripts and triggers while packages are installed, and what their effects mean for the next package. */
import type { Mode } from '../../../job.ts';
import type { PackageHead } from '../../../rootfs/package-file.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { type Ids, readIds } from '../../ids.ts';
import { removeTraces, type TracesOptions } from '../../traces.ts';
import type { PlacementRules } from './placement.ts';
import { protection } from './protection.ts';
import type { Rootfs } from './rootfs.ts';
import { createScriptRunner, SCRIPT_FOLDER } from './scripts.ts';
import type { Scripted, ScriptType } from './scripts-archive.ts';
import { triggeredBy } from './triggers.ts';

/** The scripts' influence on where files go. */
export type ScriptRules = Pick<PlacementRules, 'ids' | 'protect'>;

export interface Configuration {
  /** Runs a package's script, if it has one, once everything before it is in place. */
  run(scripted: Scripted, type: ScriptType, args: readonly string[]): Promise<void>;
  /** How to place a package after what scripts have done. */
  rules(heads: readonly PackageHead[]): Promise<ScriptRules>;
  /** Runs the triggers of all packages, whose directories are all new; before it, directories are settled. */
  runTriggers(installed: readonly Scripted[]): Promise<void>;
  /** Ends the sandbox; the paths of private keys that scripts had made and that were removed. */
  end(installed: readonly Scripted[], keepSecrets: boolean): Promise<readonly string[]>;
}

/** Where scripts are left out. */
export function withoutScripts(rootfs: Rootfs): Configuration {
  return {
    async run() {},
    rules: async (heads) => ({
      ids: await idsFor(heads, rootfs, async (path) => rootfs.read(path)),
      protect: (path) => path,
    }),
    async runTriggers() {},
    end: async () => [],
  };
}

/** Names are looked up as the rootfs has them before the package (`apk_id_cache_resolve_uid`). */
async function idsFor(
  heads: readonly PackageHead[],
  rootfs: Rootfs,
  read: (path: string) => Promise<string>,
): Promise<Ids> {
  const isRoots = heads.every(({ owner }) => owner?.user === 'root' && owner.group === 'root');
  if (isRoots) return readIds('', '');
  await rootfs.flush();
  const text = async (path: string) => (rootfs.tree().get(path)?.type === 'file' ? read(path) : '');
  return readIds(await text('etc/passwd'), await text('etc/group'));
}

export interface ConfigurationTools {
  readonly root: string;
  readonly arch: string;
  readonly epoch: number;
  /** Reported when the first script is about to run. */
  readonly onScripts: () => void;
  readonly log: (line: string) => void;
}

export function configureIn(
  sandbox: Sandbox,
  rootfs: Rootfs,
  { root, arch, epoch, onScripts, log }: ConfigurationTools,
): Configuration {
  const runner = createScriptRunner({ sandbox, epoch, log });
  let isEntered = false;
  /** Whether a script may have changed the rootfs since its tree was read. */
  let isStale = false;
  /** Whether the sandbox has made `/sys` to mount it there. */
  let madeSys = false;

  return { run, rules, runTriggers, end };

  async function run(scripted: Scripted, type: ScriptType, args: readonly string[]): Promise<void> {
    if (!scripted.control.has(`.${type}`)) return;
    await rootfs.flush();
    if (!isEntered) await enter();
    await runner.run(scripted, type, args);
    isStale = true;
  }

  async function enter(): Promise<void> {
    onScripts();
    madeSys = !rootfs.tree().has('sys');
    await sandbox.enter(root, { arch });
    isEntered = true;
  }

  async function rules(heads: readonly PackageHead[]): Promise<ScriptRules> {
    if (isStale) await rootfs.rescan();
    isStale = false;
    const read = async (path: string) => (await sandbox.read(`/${path}`))?.toString('latin1') ?? '';
    const ids = await idsFor(heads, rootfs, isEntered ? read : async (path) => rootfs.read(path));
    return { ids, protect: isEntered ? await protection(sandbox, rootfs, heads) : (path) => path };
  }

  async function runTriggers(installed: readonly Scripted[]): Promise<void> {
    if (isEntered) await settle();
    const records = installed.map(({ record }) => record);
    for (const scripted of installed) {
      const directories = triggeredBy(scripted.record.info.triggers, records);
      if (directories.length > 0) await run(scripted, 'trigger', directories);
    }
  }

  async function settle(): Promise<void> {
    await rootfs.rescan();
    await rootfs.settleDirectories();
  }

  async function end(installed: readonly Scripted[], keepSecrets: boolean): Promise<readonly string[]> {
    if (!isEntered) return [];
    const secrets = await removeTraces(sandbox, { epoch, keepSecrets });
    const isOwned = (path: string) => installed.some(({ record }) => record.directories.has(path));
    if (!isOwned(SCRIPT_FOLDER)) await sandbox.remove(`/${SCRIPT_FOLDER}`);
    await sandbox.close();
    await rootfs.rescan();
    if (madeSys && !isOwned('sys')) await rootfs.edit({ remove: ['sys'] });
    return secrets;
  }
}

/** The same for what hooks leave, which run when the sandbox of the scripts has ended. */
export async function tracesOfHooks(
  root: string,
  { mode, ...options }: TracesOptions & { readonly mode: Mode },
): Promise<readonly string[]> {
  const sandbox = startSandbox(mode);
  try {
    await sandbox.enter(root);
    return await removeTraces(sandbox, options);
  } finally {
    await sandbox.close();
  }
}
