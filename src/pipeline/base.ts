/** One base, ready to be delivered. */
import type { Job, Surroundings } from '../job.ts';
import { chooseMode } from '../sandbox/namespaces.ts';
import { type Builder, openBuilder } from '../staging/builder.ts';
import { isKept } from './kept-result.ts';
import type { Base, BaseTargets } from './stage-base.ts';

const PLAIN =
  'without CAP_SYS_ADMIN scripts run in a plain chroot: the network and the processes of this machine are in their reach';

/** Makes the base that `job` describes; on any failure nothing is left of it. */
export async function makeBase(job: Job, targets: BaseTargets, surroundings: Surroundings): Promise<Base> {
  const mode = chooseMode(job.mode, job.scripts);
  if (mode === 'chroot' && job.scripts === 'run') surroundings.emit({ type: 'warning', message: PLAIN });
  const toStdout = targets.rootfs.some(({ kind }) => kind === 'stdout');
  const { family } = job.recipe;
  let opening: Promise<Builder> | undefined;
  const open = () => {
    opening ??= openBuilder(
      { family, mode, jobs: job.jobs, scripts: job.scripts, scriptTimeout: job.scriptTimeout },
      toStdout ? 'inherit' : 'ignore',
    );
    opening.catch(() => {}); // Reported when it is needed; a plan that fails comes first.
    return opening;
  };
  // A lock is read at once, and then the result may be there already.
  if (job.lock === null || !isKept(job, targets)) open();
  // All else is loaded while it starts.
  const { stageBase } = await import('./stage-base.ts');
  return stageBase(job, targets, { mode, open, opened: () => opening }, surroundings);
}
