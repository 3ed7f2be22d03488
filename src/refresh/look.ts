import { combinedDigest } from '../base-image.ts';
import { inputsOf } from '../plan.ts';
import { openRegistry } from '../registry/registry.ts';
import { firstLook, type Reason } from './decide.ts';
import { type RefreshImage, stateTag } from './image.ts';
import { type RefreshState, readState } from './state.ts';
import { expandTemplate } from './template.ts';
import type { Tools } from './tools.ts';

/** Raised where the same lock gives other bytes than with the version before. */
const BUILD_FORMAT = 1;

/** What a first look found: few requests, and nothing is resolved. It can be sent to another process. */
export interface Look {
  readonly state: RefreshState | null;
  /** Null where nothing has to be done. */
  readonly reason: Reason | null;
}

export async function lookAt(image: RefreshImage, { session, key, io }: Tools): Promise<Look> {
  const { jobs, repositories, values } = image;
  const registry = openRegistry(repositories[0]!, { session, access: 'pull' });
  const tag = expandTemplate(stateTag(image), { ...values, versionOf: () => undefined });
  const [manifest, inputs] = await Promise.all([
    registry.manifest(tag),
    Promise.all(jobs.map((job) => inputsOf(job, io(job)))),
  ]);
  const state = manifest === null ? null : await readState(manifest, key);
  const look = firstLook(state, { inputs: combinedDigest(inputs), build: buildOf(image) });
  return { state, reason: look.verdict === 'unchanged' ? null : look.reason };
}

/** What the bytes depend on that no lock says. */
export function buildOf({ jobs }: RefreshImage): string {
  return `${BUILD_FORMAT} ${jobs[0]!.compression}`;
}
