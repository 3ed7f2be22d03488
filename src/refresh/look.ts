import type { Digest } from '../image/blob.ts';
import { combinedDigest } from '../lock/labels.ts';
import { inputsOf } from '../pipeline/plan.ts';
import { openRegistry } from '../registry/registry.ts';
import type { Session } from '../registry/session.ts';
import { firstLook, type Reason } from './decide.ts';
import { type RefreshImage, stateTag } from './image.ts';
import { setBackFrom } from './set-back.ts';
import { type RefreshState, readState } from './state.ts';
import { expandTemplate, isPlain } from './template.ts';
import type { RefreshContext } from './tools.ts';

/**
 * Raised where the same lock gives other bytes than with the version before, or digests cover something else.
 * 2: neither digest covers a recipe's aliases, mirrors, keys and end of life. 3: a variant's own packages are
 * complete before others are added.
 */
const BUILD_FORMAT = 3;

/** The result of a first look: few requests, and nothing is resolved. It can be sent to another process. */
export interface Look {
  readonly state: RefreshState | null;
  /** Null where nothing has to be done. */
  readonly reason: Reason | null;
}

/** One manifest and the signed indexes are asked for, and what tags lead to; nothing is resolved or built. */
export async function lookAt(image: RefreshImage, tools: RefreshContext): Promise<Look> {
  const look = await freshLook(image, tools);
  if (look.reason === null || look.state === null) return look;
  const why = await whyHeld(image, look.state, tools);
  if (why === null) return look;
  const name = `${image.repositories[0]!.domain}/${image.repositories[0]!.path}:${movingTag(image)}`;
  tools.surroundings.emit({ type: 'warning', message: `\`${name}\` is held where it is: ${why}` });
  return { ...look, reason: null };
}

/**
 * Null where the refresh goes on. The holder of a key trusts nobody else who may push there: setting back an old image
 * would be a way to keep it for ever.
 */
async function whyHeld(
  image: RefreshImage,
  state: RefreshState,
  { session, key }: RefreshContext,
): Promise<string | null> {
  if (image.hold !== null || key !== null) return image.hold === true ? 'the list says `hold: true`' : null;
  const registry = openRegistry(image.repositories[0]!, { session, access: 'pull' });
  const newest = await setBackFrom(image, state, registry);
  return newest === null
    ? null
    : `it was set back from \`${newest}\`; \`hold: false\` in the list, or that tag put back, moves it on`;
}

function movingTag(image: RefreshImage): string {
  return expandTemplate(stateTag(image), { ...image.values, versionOf: () => undefined });
}

async function freshLook(image: RefreshImage, { session, key, io }: RefreshContext): Promise<Look> {
  const { jobs, repositories } = image;
  const registry = openRegistry(repositories[0]!, { session, access: 'pull' });
  const asked = registry.manifest(movingTag(image));
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

/** The settings that decide the bytes and that no lock has. */
export function buildOf({ jobs }: RefreshImage): string {
  return `${BUILD_FORMAT} ${jobs[0]!.compression}`;
}
