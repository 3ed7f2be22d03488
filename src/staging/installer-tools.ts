/** The processes and threads of a stage: they take a while to start, so they start while the plan is made. */
import type { OnNotice } from '../derived/derived.ts';
import type { Installer } from '../families/family.ts';
import { familyOf } from '../families/index.ts';
import { createUnpacker, type Unpacker } from '../rootfs/unpack.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { adoptOrphans } from '../sandbox/survivors.ts';
import { shareMounts } from '../sandbox/syscalls.ts';
import type { BuilderSetup } from './protocol.ts';

export interface InstallerTools {
  readonly unpacker: Unpacker;
  /** None where no script is to run. */
  readonly sandbox: Sandbox | null;
  readonly installer: Promise<Installer>;
}

export function startInstallerTools(
  { family, mode, jobs, scripts, scriptTimeout: limit }: BuilderSetup,
  notice: OnNotice,
): InstallerTools {
  const { reader, early, installer } = familyOf({ family });
  const isolated = mode === 'root' || mode === 'unshare';
  const unpacker = createUnpacker(
    { early, most: jobs },
    { family, owners: mode !== 'none', scripts: scripts === 'run' },
    reader,
    notice,
  );
  const runs = scripts === 'run';
  // The sandbox has a mount namespace of its own, and is to see the workspace that is mounted later.
  if (runs && isolated) shareMounts();
  if (mode === 'chroot') adoptOrphans();
  return { unpacker, sandbox: runs ? startSandbox(mode, { limit }) : null, installer: installer() };
}
