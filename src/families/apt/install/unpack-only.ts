import type { Installed, InstallJob, InstallTools } from '../../family.ts';
import { aptFamily } from '../lock-section.ts';
import { awaitArrivals } from './arrivals.ts';
import { deviceNodes } from './device-nodes.ts';
import { installOrder } from './install-order.ts';
import { initialRedirections } from './redirections.ts';
import { startFiles } from './start-files.ts';
import { statusDirectory } from './status-directory.ts';
import { type Arrived, openRootfs, unpackWave, waveTools } from './wave.ts';

/** Places a locked set of Debian packages whose scripts are left out: all of them in one wave. */
export async function unpackOnly(job: InstallJob, tools: InstallTools): Promise<Installed> {
  const { image } = aptFamily(job);
  const rootfs = openRootfs();
  const arrivals = awaitArrivals(job, tools, () => true);
  const packages = installOrder(await arrivals.first);
  const rules = {
    ...initialRedirections(tools.root),
    usr: image.mergedUsr ? 'merge' : 'as-shipped',
    conffiles: 'final',
  } as const;
  const refusedNodes = await unpackWave(
    rootfs,
    packages,
    rules,
    startFiles(job),
    waveTools(tools, arrivals.epoch),
  );
  const epoch = await arrivals.epoch;
  if (image.statusDirectory === true) {
    await tools.unpacker.finish(statusDirectory(tools.root, { packages, arch: job.arch, epoch }));
  }
  return {
    epoch,
    skipped: packages.flatMap(scriptsOf),
    notices: rootfs.notices,
    removedSecrets: [],
    refusedNodes,
    tree: rootfs.planned,
    devices: deviceNodes(epoch),
  };
}

function scriptsOf({ control, files }: Arrived): readonly string[] {
  return ['preinst', 'postinst'].filter((name) => files.has(name)).map((name) => `${control.name}: ${name}`);
}
