import type { Installed, InstallJob, InstallTools } from '../family.ts';

export async function install(job: InstallJob, _tools: InstallTools): Promise<Installed> {
  throw new Error(`${job.arch} cannot be installed yet`);
}
