/** One base, ready to be delivered. */
import type { Job, Surroundings } from '../job.ts';
import { chooseMode } from '../sandbox/namespaces.ts';
import { openWorkshop } from '../staging/workshop.ts';
import type { Base, BaseTargets } from './stage-base.ts';

const PLAIN =
  'without CAP_SYS_ADMIN scripts run in a plain chroot: the network and the processes of this machine are in their reach';

/** Makes the base that `job` describes; on any failure nothing is left of it. */
export async function makeBase(job: Job, targets: BaseTargets, surroundings: Surroundings): Promise<Base> {
  const mode = chooseMode(job.mode, job.scripts);
  if (mode === 'chroot' && job.scripts === 'run') surroundings.emit({ type: 'warning', message: PLAIN });
  const toStdout = targets.rootfs.some(({ kind }) => kind === 'stdout');
  const { family } = job.recipe;
  const opening = openWorkshop(
    { family, mode, jobs: job.jobs, scripts: job.scripts, scriptTimeout: job.scriptTimeout },
    toStdout ? 'inherit' : 'ignore',
  );
  opening.catch(() => {}); // Reported when it is needed; a plan that fails comes first.
  // All else is loaded while it starts.
  const { stageBase } = await import('./stage-base.ts');
  return stageBase(job, targets, { mode, opening }, surroundings);
}
