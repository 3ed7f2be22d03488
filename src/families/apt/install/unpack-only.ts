import type { Installed, InstallJob, InstallTools } from '../../family.ts';
import { aptFamily } from '../lock-section.ts';
import { deviceNodes } from './device-nodes.ts';
import { installOrder } from './install-order.ts';
import { openPackages } from './opened-packages.ts';
import { initialRedirections } from './redirections.ts';
import { startFiles } from './start-files.ts';
import { statusDirectory } from './status-directory.ts';
import { type OpenedPackage, openRootfs, unpackWave, waveTools } from './wave.ts';

/** Places a locked set of Debian packages whose scripts are left out: all of them in one wave. */
export async function unpackOnly(job: InstallJob, tools: InstallTools): Promise<Installed> {
  const { image } = aptFamily(job);
  const rootfs = openRootfs();
  const opening = openPackages(job, tools, () => true);
  const packages = installOrder(await opening.first);
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
    waveTools(tools, opening.epoch),
  );
  const epoch = await opening.epoch;
  if (image.statusDirectory === true) {
    await tools.unpacker.edit(statusDirectory(tools.root, { packages, arch: job.arch, epoch }));
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

function scriptsOf({ control, files }: OpenedPackage): readonly string[] {
  return ['preinst', 'postinst'].filter((name) => files.has(name)).map((name) => `${control.name}: ${name}`);
}
