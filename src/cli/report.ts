import { resolve } from 'node:path';
import type { BuildResult } from '../job.ts';
import type { Lock } from '../lock/lock.ts';
import { type Target, targetName } from '../targets/target.ts';
import { bytesText, counted, durationText, jsonText, linesText } from '../text.ts';
import type { Arguments } from './arguments.ts';
import { writeImageFiles } from './image-files.ts';
import type { Tally } from './tally.ts';
import { type OutStream, type World, write } from './world.ts';

const LARGEST = 5;

/**
 * Tells what was made: in the files that were asked for, and in a report. Where it is to be quiet, an image's
 * digest is all.
 */
export async function tellMade(
  { stream, ...outcome }: Outcome & { readonly stream: OutStream },
  { flags }: Arguments,
  world: World,
): Promise<void> {
  const { image } = outcome.result;
  if (image !== null) {
    await writeImageFiles(image, outcome.targets, { flags, at: (file) => resolve(world.cwd, file) });
    if (flags.quiet) await write(world.stdout, linesText([image.manifest.digest]));
  }
  if (flags.quiet) return;
  await write(stream, flags.json ? reportJson(outcome) : reportText(outcome));
}

interface Outcome {
  readonly targets: readonly Target[];
  readonly result: BuildResult;
  readonly tally: Tally;
  /** Milliseconds. */
  readonly now: number;
}

/** The closing summary for a person. */
export function reportText({ targets, result, tally, now }: Outcome): string {
  const fetched = bytesText(tally.received);
  const fromCache = tally.cached === 0 ? '' : `, ${counted(tally.cached, 'package')} from the cache`;
  const phases = tally.phases.map(({ phase, spent }) => `${phase} ${durationText(spent)}`);
  const largest = largestOf(result.locks).map(({ name, size }) => `${name} ${bytesText(size)}`);
  const lines = [
    ...targets.map((target) => `made ${madeText(target)}`),
    ...(result.locks.length > 0 ? [`  packages  ${result.packages}, ${fetched} fetched${fromCache}`] : []),
    `  size      ${bytesText(result.size)} in ${result.entries} entries`,
    `  time      ${durationText(now - tally.began)}: ${phases.join(', ')}`,
    ...(largest.length > 0 ? [`  largest   ${largest.join(', ')}`] : []),
  ];
  lines.push(...excludedLines(result.excluded));
  if (tally.warnings.length > 0) lines.push(`  warnings  ${tally.warnings.length}, above`);
  if (result.image !== null) lines.push(`  image     ${result.image.manifest.digest}`);
  for (const file of result.sbomFiles) lines.push(`  sbom      \`${file}\``);
  if (result.lockFile !== null) lines.push(`  lock      \`${result.lockFile}\``);
  return linesText(lines);
}

function excludedLines(excluded: BuildResult['excluded']): string[] {
  if (excluded.length === 0) return [];
  const bytes = excluded.reduce((sum, rule) => sum + rule.bytes, 0);
  const width = Math.max(...excluded.map(({ glob }) => glob.length));
  const rules = excluded.map((rule) => {
    return `    ${rule.glob.padEnd(width)}  ${bytesText(rule.bytes)} in ${rule.entries} entries`;
  });
  return [`  left out  ${bytesText(bytes)} by path rules`, ...rules];
}

function madeText(target: Target): string {
  return target.kind === 'stdout' ? 'a tar on standard output' : `\`${targetName(target)}\``;
}

/** The same as the last event of `--json`. */
export function reportJson({ targets, result, tally, now }: Outcome): string {
  const event = {
    type: 'result',
    targets: targets.map(targetName),
    packages: result.packages,
    size: result.size,
    entries: result.entries,
    received: tally.received,
    cached: tally.cached,
    seconds: Math.round(now - tally.began) / 1000,
    phases: tally.phases.map(({ phase, spent }) => ({ phase, seconds: Math.round(spent) / 1000 })),
    largest: largestOf(result.locks),
    excluded: result.excluded,
    warnings: tally.warnings,
    lockFile: result.lockFile,
    sbomFiles: result.sbomFiles,
    lockDigests: result.locks.map(({ lockDigest }) => lockDigest),
    image: result.image?.manifest.digest ?? null,
  };
  return jsonText(event);
}

/** By the size of the package file: the installed size is not in a lock. */
function largestOf([lock]: readonly Lock[]): { name: string; size: number }[] {
  const sorted = (lock?.packages ?? []).toSorted((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  return sorted.slice(0, LARGEST).map(({ name, size }) => ({ name, size }));
}
