/**
 * Installs a locked set of apk packages into a staging rootfs in apk's order: of each package pre-install,
 * files, post-install; then the triggers; then the database (`apk_db_install_pkg` of apk-tools 2.14).
 */
import { MkbaseError } from '../../../errors.ts';
import type { HookPhase } from '../../../hooks/hook.ts';
import { bytesOf, type LockedPackage } from '../../../lock/lock.ts';
import type { OpenPackage } from '../../../rootfs/unpack.ts';
import type { TextFile } from '../../../rootfs/unpack-protocol.ts';
import type { Installed, InstallJob, InstallTools } from '../../family.ts';
import { AHEAD, createOpener, type FetchedPackage, openAhead } from '../../fetched-package.ts';
import { withPackageName } from '../../package-error.ts';
import { apkFamily } from '../lock-section.ts';
import { readApkControl } from '../package/apk-file.ts';
import { type PkgInfo, readPkgInfo } from '../package/pkginfo.ts';
import { linkApplets, listApplets } from './busybox.ts';
import { configureIn, tracesOfHooks, withoutScripts } from './configuration.ts';
import { finishRootfs } from './finish.ts';
import { openRootfs } from './rootfs.ts';
import type { Scripted } from './scripts-archive.ts';
import { startTree } from './start-tree.ts';

/** See {@link Installer}. */
export async function install(job: InstallJob, tools: InstallTools): Promise<Installed> {
  const { sandbox, exclusion } = tools;
  const { image } = apkFamily(job);
  const { packages, epoch } = await openAll(job, tools);
  const rootfs = openRootfs(startTree(epoch), tools);
  const runHooks = async (phase: HookPhase) => {
    if (tools.hooks[phase] === undefined) return;
    await tools.hooks[phase]({ epoch, stubs: [] });
    await rootfs.rescan();
  };
  const configuration =
    sandbox === null
      ? withoutScripts(rootfs)
      : configureIn(sandbox, rootfs, { ...tools, arch: job.arch, epoch });
  const installed: Scripted[] = [];

  await rootfs.edit({ files: seedTexts(job, epoch) });
  await runHooks('setup');
  for (const [index, { item, open }] of packages.entries()) {
    openAhead(packages.slice(index));
    const { contents, scripted } = await withPackageName(item, async () => opened(item, await open()));
    const unpack = (takes: (path: string) => boolean) =>
      withPackageName(item, async () =>
        rootfs.add(scripted.record, contents, { ...(await configuration.rules(contents.heads)), takes }),
      );
    if (item.name === image.releaseFiles) {
      await unpack((path) => path.startsWith('etc/'));
      continue;
    }
    await configuration.run(scripted, 'pre-install', [item.version]);
    await unpack(() => true);
    installed.push(scripted);
    await configuration.run(scripted, 'post-install', [item.version]);
    if (sandbox !== null) tools.onConfigured(item.name);
  }
  await configuration.runTriggers(installed);
  const removedSecrets = await configuration.end(installed, job.keepSecrets);
  const hasApplets =
    sandbox !== null || (await linkApplets(rootfs, epoch, () => listApplets(tools.root, job.mode)));
  await finishRootfs(rootfs, installed, {
    ...{ epoch, exclusion, onExcluded: tools.onExcluded },
    rootPassword: image.rootPassword,
    apkTools: image.apkTools ?? 2,
  });
  // Nothing of apk's comes before the rest: when its essential set is configured, all is.
  await runHooks('essential');
  await runHooks('customize');
  const { essential, customize } = tools.hooks;
  const hooksRan = essential !== undefined || customize !== undefined;
  const removedLater = hooksRan ? await tracesOfHooks(tools.root, { ...job, epoch }) : [];
  if (hooksRan) await rootfs.rescan();
  return {
    epoch,
    skipped: sandbox === null ? installed.flatMap(skippedOf) : [],
    removedSecrets: [...removedSecrets, ...removedLater],
    refusedNodes: rootfs.refused(),
    tree: rootfs.tree(),
    devices: new Map(),
    notices: hasApplets ? [] : [NO_APPLETS],
  };
}

function seedTexts({ seedFiles }: InstallJob, mtime: number): readonly TextFile[] {
  return seedFiles.map((file) => {
    return { path: file.path, mode: file.mode, content: bytesOf(file), uid: 0, gid: 0, mtime };
  });
}

const NO_APPLETS =
  'the programs of busybox are not there by their names: this host cannot run it to ask for them, and its own scripts did not run';

interface Opening {
  readonly packages: readonly FetchedPackage[];
  readonly epoch: number;
}

/** Decoding begins with what comes first, and does not wait for the last of the downloads. */
async function openAll(job: InstallJob, { fileOf, unpacker }: InstallTools): Promise<Opening> {
  const opener = createOpener({ fileOf, unpacker, describe: readApkControl, early: AHEAD });
  const packages = await Promise.all(job.packages.map((item) => opener(item, true)));
  return { packages, epoch: job.epoch ?? Math.max(0, ...packages.map(({ built }) => built)) };
}

interface Opened {
  readonly contents: OpenPackage;
  readonly scripted: Scripted;
}

function opened(item: LockedPackage, contents: OpenPackage): Opened {
  const text = Buffer.from(contents.control.get('.PKGINFO')?.body ?? []).toString('latin1');
  const info = readPkgInfo(text);
  if (info.name !== item.name || info.version !== item.version) throw otherPackage(info);
  const record = {
    ...{ info, arch: item.arch, identity: contents.identity ?? '', size: item.size, tag: item.tag ?? null },
    directories: new Map(),
  };
  if (info.installedSize > 0) return { contents, scripted: { record, control: contents.control } };
  // apk never opens a package that declares no installed size: the contents of its file are ignored.
  return {
    contents: { ...contents, heads: [] },
    scripted: { record: { ...record, info: indexed(info) }, control: new Map() },
  };
}

function indexed(info: PkgInfo): PkgInfo {
  return { ...info, replaces: [], replacesPriority: 0, triggers: [] };
}

function skippedOf({ record: { info }, control }: Scripted): readonly string[] {
  const types = ['pre-install', 'post-install', 'trigger'];
  return types.filter((type) => control.has(`.${type}`)).map((type) => `${info.name}: ${type}`);
}

function otherPackage({ name, version }: PkgInfo): MkbaseError {
  return new MkbaseError('package/other-package', `the file holds \`${name}\` ${version}`, {
    hint: 'the index of the repository names the wrong file: report it to its maker',
  });
}
