import { Root } from '../../../rootfs/root.ts';
import { scanPlaces } from '../../../rootfs/scan.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { InstallTools } from '../../family.ts';
import { FAR_AHEAD, openAhead } from '../../fetched-package.ts';
import { DPKG_DIR } from './dpkg-database.ts';
import { isIdle } from './idle-preinst.ts';
import { installOrder, installSteps } from './install-order.ts';
import { settleListings } from './listings.ts';
import type { ScriptRunner } from './maintainer-scripts.ts';
import { readRedirections } from './redirections.ts';
import { type OpenedPackage, type Rootfs, unpackWave, type WaveTools } from './wave.ts';

export interface SetSurroundings extends Pick<InstallTools, 'root' | 'onConfigured'> {
  readonly sandbox: Sandbox;
  readonly scripts: ScriptRunner;
  readonly rootfs: Rootfs;
  readonly placing: WaveTools;
}

/**
 * Packages on top of what is configured; gives the paths of device nodes that were refused. A preinst finds the
 * files of all packages before its own, as it does where apt unpacks one after another.
 */
export async function installSet(
  packages: readonly OpenedPackage[],
  { root, sandbox, onConfigured, scripts, rootfs, placing }: SetSurroundings,
): Promise<readonly string[]> {
  const steps = installSteps(installOrder(packages), hasPreinst);
  const before = async (name: string) =>
    (await sandbox.read(`/${DPKG_DIR}/${name}`))?.toString('latin1') ?? '';
  const refused: string[] = [];
  for (const [number, { configure, unpack }] of steps.entries()) {
    const ahead = steps.slice(number).flatMap((step) => step.unpack);
    openAhead(ahead, FAR_AHEAD);
    await scripts.configure({ packages: namesOf(configure), triggers: 'wait' }, onConfigured);
    for (const opened of unpack) if (hasPreinst(opened)) await scripts.preinst(opened);
    rootfs.tree = scanPlaces(new Root(root));
    const rules = { ...(await readRedirections(sandbox)), usr: 'as-shipped', conffiles: 'new' } as const;
    refused.push(...(await unpackWave(rootfs, unpack, rules, () => [], { ...placing, before })));
  }
  if (steps.length > 0) {
    await settleListings(sandbox);
    await scripts.configure({ packages: 'pending', triggers: 'process' }, onConfigured);
  }
  return refused;
}

/** Whether it has one that does something. */
export function hasPreinst({ files }: Pick<OpenedPackage, 'files'>): boolean {
  const preinst = files.get('preinst');
  return preinst !== undefined && !isIdle(Buffer.from(preinst.body).toString('latin1'));
}

export function namesOf(packages: readonly OpenedPackage[]): readonly string[] {
  return packages.map(({ control }) => control.name);
}
