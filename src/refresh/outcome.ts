/** The outcome of an image, and of all of them. Pure. */
import type { Changes } from '../changes/compare.ts';
import type { Digest } from '../image/blob.ts';
import type { PortableError } from '../portable-error.ts';
import type { Reason } from './decide.ts';

/** `outdated`: it would have been changed, had it not been asked for only. */
export type Result = 'unchanged' | 'changed' | 'outdated' | 'failed';

export interface Outcome {
  readonly name: string;
  readonly result: Result;
  /** Why it was changed, or is outdated. */
  readonly reason: Reason | null;
  /** The digest of the image that the moving tags lead to, as far as it is known. */
  readonly digest: Digest | null;
  /** In full, where it was changed: the tags that now lead to it. */
  readonly names: readonly string[];
  /** Null where nothing is known to compare with. */
  readonly changes: Changes | null;
  /** Date of the oldest index it is made from, ISO 8601, where it was resolved. */
  readonly oldestIndex: string | null;
  readonly error: PortableError | null;
  readonly seconds: number;
}

/** sysexits(3): EX_DATAERR and EX_TEMPFAIL, which Kubernetes' podFailurePolicy can distinguish. */
const REFRESH_STATUS = { fine: 0, changed: 2, some: 3, permanent: 65, temporary: 75 } as const;

/**
 * The exit status of a run. A failure that no other run would mend stands above others: somebody has to
 * look. Where some images are done and the others may be later, that is `some`.
 */
export function statusOf(outcomes: readonly Outcome[], { detailed }: { readonly detailed: boolean }): number {
  const failed = outcomes.filter(({ result }) => result === 'failed');
  if (failed.some(({ error }) => !isTemporary(error!.code))) return REFRESH_STATUS.permanent;
  if (failed.length > 0) {
    return failed.length === outcomes.length ? REFRESH_STATUS.temporary : REFRESH_STATUS.some;
  }
  const changed = outcomes.some(({ result }) => result === 'changed' || result === 'outdated');
  return detailed && changed ? REFRESH_STATUS.changed : REFRESH_STATUS.fine;
}

const TEMPORARY = /^(network|host|busy|interrupted)\//;
const registry = (what: string) => `registry/${what}`;
const TEMPORARY_CODES: ReadonlySet<string> = new Set([
  // A mirror that is being updated.
  ...['package/wrong-hash', 'package/wrong-size'],
  ...['server-error', 'too-many-requests', 'dns', 'refused', 'timeout', 'cut'].map(registry),
  ...['upload-lost', 'digest-invalid', 'full'].map(registry),
]);

/** Whether the same may go well later, with nobody doing anything about it. */
function isTemporary(code: string): boolean {
  return TEMPORARY.test(code) || TEMPORARY_CODES.has(code);
}

/** The outcome for programs: the event `refresh`. */
export function eventOf({ error, ...outcome }: Outcome) {
  const reported =
    error === null
      ? null
      : { code: error.code, message: error.message, hint: error.hint ?? null, details: error.details };
  return { type: 'refresh', ...outcome, error: reported } as const;
}
