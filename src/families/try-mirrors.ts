/** The mirrors of one index, which are asked one after the other until one has what can be trusted. */
import { MkbaseError, mostTelling } from '../errors.ts';

/** The mirror that answered, and those before it. */
export interface ReachedMirror {
  /** The mirror that gave it, then the others in their order. */
  readonly mirrors: readonly string[];
  /** Why mirrors before it were passed over. */
  readonly passedOver: readonly MkbaseError[];
}

interface TryOptions {
  /** The suite or index, for the message where there is no mirror. */
  readonly subject: string;
  /** The error where no mirror has it. */
  readonly missing: (cause: MkbaseError) => MkbaseError;
}

/**
 * The result of `look` for the first mirror whose answer it accepts. A mirror that is down, lags, sends a web page
 * or has dropped the architecture is passed over, because trust comes from the signature. A mirror that serves a
 * changed text ends the search: falling back would hide an attack.
 */
export async function tryMirrors<Found extends object>(
  mirrors: readonly string[],
  look: (mirror: string) => Promise<Found>,
  { subject, missing }: TryOptions,
): Promise<Found & ReachedMirror> {
  const passedOver: MkbaseError[] = [];
  for (const mirror of mirrors) {
    try {
      const found = await look(mirror);
      return { ...found, mirrors: [mirror, ...mirrors.filter((other) => other !== mirror)], passedOver };
    } catch (error) {
      if (!(error instanceof MkbaseError) || !OF_A_MIRROR.test(error.code)) throw error;
      if (error.code === 'signature/bad') throw error;
      passedOver.push(error);
    }
  }
  // A fault in an index is more useful than a missing index, and that more than a mirror that is down.
  const failure = mostTelling(passedOver, {
    order: ['signature/', 'network/not-found'],
    retell: (first) => (first.code === 'network/not-found' ? missing(first) : first),
  });
  throw failure ?? new MkbaseError('internal/no-mirror', `\`${subject}\` has no mirror`);
}

/** Failures that another mirror may not have. */
const OF_A_MIRROR = /^(?:network\/|signature\/|usage\/unknown-architecture$)/;

/** Names no mirror: the first may be the host's own. */
export function passedOverWarnings(subject: string, { passedOver }: ReachedMirror): readonly string[] {
  const reasons = passedOver.filter(({ code }) => code !== 'network/not-found').map(({ code }) => code);
  if (reasons.length === 0) return [];
  return [`a mirror of \`${subject}\` was passed over: ${[...new Set(reasons)].join(', ')}`];
}
