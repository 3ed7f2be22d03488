/** One image, from what the registry has to what it ought to have. */

import { compareSides } from '../changes/compare.ts';
import { sideOfLocks } from '../changes/side.ts';
import { MkbaseError } from '../errors.ts';
import { LOCK_SECTIONS } from '../families/index.ts';
import { bytesOf } from '../image/blob.ts';
import { combinedDigest } from '../lock/labels.ts';
import type { Lock } from '../lock/lock.ts';
import { LOCK_TYPE, readLocks } from '../lock/lock-file.ts';
import { plan } from '../pipeline/plan.ts';
import { readAttachment } from '../registry/attachment.ts';
import { openRegistry } from '../registry/registry.ts';
import { secondLook } from './decide.ts';
import type { RefreshImage } from './image.ts';
import { buildOf, type Look } from './look.ts';
import type { Outcome } from './outcome.ts';
import { rebuild } from './rebuild.ts';
import { checkRollback } from './rollback.ts';
import type { RefreshState } from './state.ts';
import type { RefreshContext } from './tools.ts';

export type Done = Omit<Outcome, 'name' | 'seconds' | 'error'>;

/** The work after a first look: resolves, and where that gives other packages builds and publishes. */
export async function refreshImage(
  image: RefreshImage,
  { state, reason }: Look,
  tools: RefreshContext,
): Promise<Done> {
  const nothing = {
    names: [],
    changes: null,
    oldestIndex: null,
    reason: null,
    digest: state?.digest ?? null,
  };
  if (reason === null) return { ...nothing, result: 'unchanged' };
  const locks: Lock[] = [];
  for (const job of image.jobs) locks.push((await plan(job, tools.surroundings)).lock);
  const resolved = { ...nothing, oldestIndex: oldestOf(locks) };
  const look = secondLook(state, { lock: lockDigestOf(locks), build: buildOf(image) });
  // A rebuild gives the same image: missing parts are pushed.
  const why = reason === 'tags' ? reason : look.verdict === 'unchanged' ? null : look.reason;
  if (why === null) return { ...resolved, result: 'unchanged' };
  const before = await locksBefore(image, state, tools);
  if (before !== null) checkRollback(before, locks);
  const changes =
    before === null ? null : compareSides(sideOfLocks('before', before), sideOfLocks('now', locks));
  const about = { ...resolved, reason: why, changes };
  if (tools.options.checkOnly) return { ...about, result: 'outdated' };
  return { ...about, ...(await rebuild({ image, locks, changes }, tools)), result: 'changed' };
}

/** The locks that the image in the registry was made from; null where there are none that fit it. */
async function locksBefore(
  { repositories }: RefreshImage,
  state: RefreshState | null,
  { session, surroundings }: RefreshContext,
): Promise<readonly Lock[] | null> {
  if (state === null || !state.trusted || state.lock === null) return null;
  const registry = openRegistry(repositories[0]!, { session, access: 'pull' });
  const blob = await readAttachment(state.digest, LOCK_TYPE, registry);
  if (blob === null) return null;
  try {
    const locks = await readLocks((await bytesOf(blob)).toString(), 'lock in the registry', LOCK_SECTIONS);
    // Anybody who may push there can attach a lock; only that of the image itself counts.
    return lockDigestOf(locks) === state.lock ? locks : null;
  } catch (error) {
    if (!(error instanceof MkbaseError) || !error.code.startsWith('lock/')) throw error;
    surroundings.emit({ type: 'warning', message: error.message });
    return null;
  }
}

function lockDigestOf(locks: readonly Lock[]): string {
  return combinedDigest(locks.map(({ lockDigest }) => lockDigest));
}

function oldestOf(locks: readonly Lock[]): string | null {
  return locks.flatMap(({ indexes }) => indexes.map(({ date }) => date)).sort()[0] ?? null;
}
