import { inputsOf } from '../build/plan.ts';
import type { Digest } from '../image/blob.ts';
import { combinedDigest } from '../lock/labels.ts';
import { openRegistry } from '../registry/registry.ts';
import type { Session } from '../registry/session.ts';
import { firstLook, type Reason } from './decide.ts';
import { type RefreshImage, stateTag } from './image.ts';
import { type RefreshState, readState } from './state.ts';
import { expandTemplate, isPlain } from './template.ts';
import type { Tools } from './tools.ts';

/** Raised where the same lock gives other bytes than with the version before. */
const BUILD_FORMAT = 1;

/** What a first look found: few requests, and nothing is resolved. It can be sent to another process. */
export interface Look {
  readonly state: RefreshState | null;
  /** Null where nothing has to be done. */
  readonly reason: Reason | null;
}

/** One manifest and the signed indexes are asked for, and what tags lead to; nothing is resolved or built. */
export async function lookAt(image: RefreshImage, { session, key, io }: Tools): Promise<Look> {
  const { jobs, repositories, values } = image;
  const registry = openRegistry(repositories[0]!, { session, access: 'pull' });
  const tag = expandTemplate(stateTag(image), { ...values, versionOf: () => undefined });
  const asked = registry.manifest(tag);
  const computed = jobs.map((job) => inputsOf(job, io(job)));
  // Where one fails the others are still at work, in the cache too: nothing is left behind at the end.
  await Promise.allSettled([asked, ...computed]);
  const [manifest, inputs] = [await asked, await Promise.all(computed)];
  const state = manifest === null ? null : await readState(manifest, key);
  const look = firstLook(state, { inputs: combinedDigest(inputs), build: buildOf(image) });
  if (look.verdict !== 'unchanged') return { state, reason: look.reason };
  return { state, reason: (await allLeadTo(state!.digest, image, session)) ? null : 'tags' };
}

/** Whether every tag that is known before a build leads there, in every repository. */
async function allLeadTo(digest: Digest, image: RefreshImage, session: Session): Promise<boolean> {
  const { repositories, tags, values } = image;
  const others = repositories.flatMap((repository, index) =>
    tags.filter(isPlain).flatMap((template) => {
      if (index === 0 && template === stateTag(image)) return [];
      return { repository, tag: expandTemplate(template, { ...values, versionOf: () => undefined }) };
    }),
  );
  const found = await Promise.all(
    others.map(({ repository, tag }) => openRegistry(repository, { session, access: 'pull' }).digest(tag)),
  );
  return found.every((there) => there === digest);
}

/** What the bytes depend on that no lock says. */
export function buildOf({ jobs }: RefreshImage): string {
  return `${BUILD_FORMAT} ${jobs[0]!.compression}`;
}
