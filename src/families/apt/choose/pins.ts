import { MkbaseError } from '../../../errors.ts';
import type { Pin } from '../../../job.ts';
import type { TrustedRepository } from '../archive/open-repository.ts';
import type { Release } from '../archive/release.ts';

/** A pin as the image's apt reads it: `a=SUITE` or `n=CODENAME`, apt_preferences(5). */
export interface WrittenPin {
  readonly selector: string;
  readonly priority: number;
}

/** The priority of a repository's packages: the user's, the last if several fit, or that of its Release. */
export function priorityOf(pins: readonly Pin[], found: TrustedRepository): number {
  return pins.findLast(({ suite }) => namesOf(found).includes(suite))?.priority ?? found.trusted.release.pin;
}

/** @throws MkbaseError `usage/unknown-pin` for one that fits nothing */
export function writtenPins(pins: readonly Pin[], known: readonly TrustedRepository[]): WrittenPin[] {
  return pins.flatMap(({ suite, priority }) => {
    const fitting = known.filter((one) => namesOf(one).includes(suite));
    if (fitting.length === 0) throw unknownPin(suite, known);
    return [...new Set(fitting.map(({ trusted }) => selectorOf(trusted.release, suite)))]
      .filter((selector) => selector !== null)
      .map((selector) => ({ selector, priority }));
  });
}

/** All that a repository is called: by mkbase, by its address, and by itself. */
export function namesOf({ repository: { name, suite }, trusted: { release } }: TrustedRepository): string[] {
  return [name, suite, release.suite, release.codename].filter((known) => known !== undefined);
}

function selectorOf(release: Release, suite: string): string | null {
  if (release.codename === suite) return `n=${suite}`;
  if (release.suite !== undefined) return `a=${release.suite}`;
  return release.codename === undefined ? null : `n=${release.codename}`;
}

function unknownPin(suite: string, known: readonly TrustedRepository[]): MkbaseError {
  const names = [...new Set(known.flatMap(namesOf))].map((name) => `\`${name}\``);
  return new MkbaseError('usage/unknown-pin', `no package source is named \`${suite}\``, {
    hint: `there is ${names.join(', ')}`,
  });
}
