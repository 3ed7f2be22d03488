/** The mirrors of one index, which are asked one after the other until one has what can be trusted. */
import { MkbaseError, mostTelling } from '../errors.ts';

/** The mirror that answered, and those before it. */
export interface Climbed {
  /** The mirror that gave it, then the others in their order. */
  readonly rungs: readonly string[];
  /** Why rungs before it were passed over. */
  readonly passedOver: readonly MkbaseError[];
}

interface ClimbOptions {
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
export async function climb<Found extends object>(
  rungs: readonly string[],
  look: (rung: string) => Promise<Found>,
  { subject, missing }: ClimbOptions,
): Promise<Found & Climbed> {
  const passedOver: MkbaseError[] = [];
  for (const rung of rungs) {
    try {
      const found = await look(rung);
      return { ...found, rungs: [rung, ...rungs.filter((other) => other !== rung)], passedOver };
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
export function passedOverWarnings(subject: string, { passedOver }: Climbed): readonly string[] {
  const reasons = passedOver.filter(({ code }) => code !== 'network/not-found').map(({ code }) => code);
  if (reasons.length === 0) return [];
  return [`a mirror of \`${subject}\` was passed over: ${[...new Set(reasons)].join(', ')}`];
}
