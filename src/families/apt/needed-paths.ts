import { MkbaseError } from '../../errors.ts';
import { compileExclusions, parsePathRules } from '../../rootfs/exclusions.ts';

/** What nothing can do without, by what it is for. */
const NEEDED: readonly (readonly [path: string, purpose: string, scriptsAlone: boolean])[] = [
  ['/var/lib/dpkg/status', "dpkg's database", false],
  ['/var/lib/dpkg/info/dpkg.list', "dpkg's database", false],
  ['/bin/sh', 'the shell that scripts need', true],
  ['/bin/dash', 'the shell that scripts need', true],
  ['/bin/bash', 'the shell that scripts need', true],
  ['/usr/bin/dpkg', 'dpkg, which configures the packages', true],
];

/** @throws MkbaseError `usage/exclusion-too-wide` for rules that leave out what a base cannot do without */
export function checkNeededPaths(pathRules: readonly string[], scripts: 'run' | 'skip'): void {
  const exclusion = compileExclusions(parsePathRules(pathRules));
  for (const [path, purpose, scriptsAlone] of NEEDED) {
    const rule = scriptsAlone && scripts === 'skip' ? null : exclusion(path, 'file');
    if (rule === null) continue;
    const skip = scriptsAlone ? ', or leave the scripts out with `--scripts=skip`' : '';
    throw new MkbaseError(
      'usage/exclusion-too-wide',
      `\`${rule.glob}\` would leave out \`${path}\`: ${purpose}`,
      {
        hint: `name less, take it back in with \`--include-path=${path}\`${skip}`,
      },
    );
  }
}
