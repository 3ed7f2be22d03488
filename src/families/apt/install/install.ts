/**
 * Installs a locked set of Debian packages into a staging rootfs, in dpkg's order: the Essential set is
 * unpacked before any script and then configured; the variant's other packages and then all else follow in the
 * steps that apt would take. Files and database are placed here, scripts are run by the rootfs' own dpkg.
 */
import { MkbaseError } from '../../../errors.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { Installed, InstallJob, InstallTools } from '../../family.ts';
import { datePasswords, dayOf } from '../../traces.ts';
import { aptFamily } from '../lock-section.ts';
import { aptState, extendedStates } from './apt-state.ts';
import { makeBase, runHooks } from './base.ts';
import { keepCheckpoint, restoreBase } from './checkpoint.ts';
import { deviceNodes } from './device-nodes.ts';
import { finishRootfs } from './finish.ts';
import { installSet } from './install-set.ts';
import { ScriptRunner } from './maintainer-scripts.ts';
import { scriptEnvironment } from './script-environment.ts';
import { unpackOnly } from './unpack-only.ts';

/** See {@link Installer}. */
export function install(job: InstallJob, tools: InstallTools): Promise<Installed> {
  const { sandbox } = tools;
  return sandbox === null ? unpackOnly(job, tools) : unpackAndConfigure(job, { ...tools, sandbox });
}

async function unpackAndConfigure(
  job: InstallJob,
  tools: InstallTools & { readonly sandbox: Sandbox },
): Promise<Installed> {
  const { sandbox, unpacker, log } = tools;
  const dpkg = job.packages.find(({ name }) => name === 'dpkg');
  if (dpkg === undefined) throw noDpkg();
  const { silenced, dockerSettings } = aptFamily(job).image;
  const scriptsAt = (time: number) =>
    new ScriptRunner({ sandbox, env: scriptEnvironment(time), dpkgVersion: dpkg.version, log });
  const baseTools = { ...tools, scriptsAt };
  const began = Date.now();
  let base = await restoreBase(job, { ...baseTools, began });
  if (base === null) {
    base = await makeBase(job, baseTools);
    await keepCheckpoint(base, job, { ...baseTools, began });
  }

  const { rootfs, packages, added, epoch, baseEpoch } = base;
  const refusedAdded = await installSet(added, { ...tools, ...base, scripts: scriptsAt(epoch) });
  // Whatever was added, all have the same day.
  await datePasswords(sandbox, (day) => (day === dayOf(baseEpoch) ? dayOf(epoch) : day));
  await runHooks('customize', base, tools);
  const removedSecrets = await finishRootfs(sandbox, { ...job, silenced, keepStubs: dockerSettings, epoch });
  if (job.packages.some(({ name }) => name === 'apt')) {
    const states = extendedStates([...packages, ...added], job.arch);
    const passwd = (await sandbox.read('/etc/passwd'))?.toString('latin1') ?? '';
    await unpacker.edit(aptState(states, passwd, epoch));
  }
  return {
    epoch,
    skipped: [],
    notices: rootfs.notices,
    removedSecrets,
    refusedNodes: [...base.refusedNodes, ...refusedAdded],
    tree: rootfs.planned,
    devices: deviceNodes(epoch),
  };
}

function noDpkg(): MkbaseError {
  return new MkbaseError('script/no-dpkg', 'the packages cannot be configured: `dpkg` is not among them', {
    hint: 'add `--include=dpkg`, or leave the scripts out with `--scripts=skip`',
  });
}
