import { MkbaseError } from '../errors.ts';
import type { Answer } from './answer.ts';

export interface Expected {
  /** The subject of messages, without backquotes. */
  readonly what: string;
  /** Bytes. */
  readonly size: number;
}

/** The file has another length than the signed index says. `received` is null where more came than fits. */
export function wrongSize(expected: Expected, received: number | null, answer: Answer): MkbaseError {
  const actual = received === null ? 'more' : `${received}`;
  return new MkbaseError(
    'package/wrong-size',
    `\`${expected.what}\` from \`${answer.from}\` has a wrong size: ${actual} instead of ${expected.size} bytes`,
    { hint: mismatchHint(answer, true) },
  );
}

/** The file has the right length, and another content than the signed index says. */
export function wrongHash(expected: Expected, received: string, answer: Answer): MkbaseError {
  return new MkbaseError(
    'package/wrong-hash',
    `\`${expected.what}\` from \`${answer.from}\` has a wrong checksum: ${received}`,
    { hint: mismatchHint(answer, false) },
  );
}

/**
 * Tells the likely cause. An index at its plain path changes with every update of the mirror. A package
 * or a by-hash file never changes under its name: its right size with other bytes has no innocent cause
 * but damage on the way.
 */
function mismatchHint(answer: Answer, sizeDiffers: boolean): string {
  if (answer.from.includes('/dists/') && !answer.from.includes('/by-hash/')) {
    return 'the mirror is probably being updated at this moment: try again in some minutes, or name another mirror';
  }
  if (answer.cached) {
    return 'a cache on the way keeps a damaged or altered copy: clear it, or go round it with no_proxy';
  }
  return sizeDiffers
    ? 'the mirror has an incomplete or foreign file, or is being updated: try again later, or name another mirror'
    : 'the file was damaged or altered on the mirror or on the way: this can be an attack; try another mirror or https';
}
