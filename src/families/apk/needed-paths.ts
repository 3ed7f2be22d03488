import { MkbaseError } from '../../errors.ts';
import { compileExclusions, parsePathRules } from '../../rootfs/exclusions.ts';

/** What scripts cannot do without. */
const NEEDED = ['/bin/sh', '/bin/busybox'];

/** @throws MkbaseError `usage/exclusion-too-wide` for rules that leave out what scripts need */
export function checkNeededPaths(pathRules: readonly string[], scripts: 'run' | 'skip'): void {
  if (scripts === 'skip') return;
  const exclusion = compileExclusions(parsePathRules(pathRules));
  for (const path of NEEDED) {
    const rule = exclusion(path, 'file');
    if (rule === null) continue;
    throw new MkbaseError(
      'usage/exclusion-too-wide',
      `\`${rule.glob}\` would leave out \`${path}\`: the shell that scripts need`,
      {
        hint: `name less, take it back in with \`--include-path=${path}\`, or leave the scripts out with \`--scripts=skip\``,
      },
    );
  }
}
