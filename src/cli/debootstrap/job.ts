import { MkbaseError } from '../../errors.ts';
import { familyOf } from '../../families/index.ts';
import type { Job } from '../../job.ts';
import { parseArguments } from '../arguments.ts';
import { jobsOf } from '../session.ts';
import type { World } from '../world.ts';
import { mkbaseArguments, suiteOfScript } from './mkbase-arguments.ts';
import type { DebootstrapRequest } from './request.ts';

export interface Asked {
  readonly job: Job;
  /** The mirror that the sources of the base name. */
  readonly mirror: string;
}

/** The job of a request; a suite that is unknown is taken for one like that of SCRIPT. */
export async function jobOf(request: DebootstrapRequest, world: World, directory: string): Promise<Asked> {
  const ask = async (asked: DebootstrapRequest, like: string | null) => {
    const [job] = await jobsOf(parseArguments(mkbaseArguments(asked, { like, directory })), world);
    return job!;
  };
  // Further suites are on the same mirror, which the recipe may have to tell.
  const withoutExtra = { ...request, extraSuites: [] };
  let like: string | null = null;
  const job = await ask(withoutExtra, null).catch((error: unknown) => {
    const isUnknown = error instanceof MkbaseError && error.code === 'usage/unknown-suite';
    if (!isUnknown || request.script === null) throw error;
    like = suiteOfScript(request.script);
    return ask(withoutExtra, like);
  });
  const { recipe } = job;
  const mirror = job.mirror ?? familyOf(recipe).repositoriesOf(recipe)[0]!.mirrors.default[0]!;
  if (request.extraSuites.length === 0) return { job, mirror };
  return { job: await ask({ ...request, mirror }, like), mirror };
}
