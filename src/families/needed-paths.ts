import { MkbaseError } from '../errors.ts';
import { compileExclusions, type PathRule } from '../rootfs/exclusions.ts';

/** A path that no rule may leave out. */
interface NeededPath {
  readonly path: string;
  /** Its purpose, for the message. */
  readonly purpose: string;
  /** Whether it is of no need where no script runs. */
  readonly scriptsAlone: boolean;
}

/** @throws MkbaseError `usage/exclusion-too-wide` for rules that leave out what a base cannot do without */
export function checkNeededPaths(
  needed: readonly NeededPath[],
  { rules, scripts }: { readonly rules: readonly PathRule[]; readonly scripts: 'run' | 'skip' },
): void {
  const exclusion = compileExclusions(rules);
  for (const { path, purpose, scriptsAlone } of needed) {
    const rule = scriptsAlone && scripts === 'skip' ? null : exclusion(path, 'file');
    if (rule === null) continue;
    const skip = scriptsAlone ? ', or leave the scripts out with `--scripts=skip`' : '';
    throw new MkbaseError(
      'usage/exclusion-too-wide',
      `\`${rule.glob}\` would leave out \`${path}\`: ${purpose}`,
      { hint: `name less, take it back in with \`--include-path=${path}\`${skip}` },
    );
  }
}

/** A shell, wherever a distribution has it. */
export function shellAt(path: string): NeededPath {
  return { path, purpose: 'the shell that scripts need', scriptsAlone: true };
}
