import type { Plan } from '../families/family.ts';
import { bytesText, columns, counted, jsonText, linesText } from '../text.ts';
import type { Arguments } from './arguments.ts';
import { checkOperands } from './operands.ts';
import { jobsOf, withProgress } from './session.ts';
import { type World, write } from './world.ts';

/** `mkbase SUITE --simulate` and `--print-debs`: the plan on standard output; TARGET is not looked at. */
export async function simulate(args: Arguments, world: World): Promise<void> {
  checkOperands(args, { names: ['SUITE', 'TARGET', 'MIRROR'], repeated: true, needed: 1 });
  const jobs = await jobsOf(args, world);
  const { plan } = await import('../pipeline/plan.ts');
  const { env, signal } = world;
  for (const job of jobs) {
    const { result } = await withProgress(args, world, (emit) => plan(job, { env, signal, emit }));
    await write(world.stdout, planOutput(result, args.flags));
  }
}

/** The plan as `--simulate`, with or without `--json`, and `--print-debs` print it. */
export function planOutput(plan: Plan, flags: Arguments['flags']): string {
  if (flags['print-debs']) return linesText([plan.packages.map(({ name }) => name).join(' ')]);
  return flags.json ? planJson(plan) : planText(plan);
}

/** A table of all packages and their sum. */
export function planText({ lock, packages }: Plan): string {
  const head = ['package', 'version', 'arch', 'pocket', 'download', 'installed'];
  const rows = packages.map((pkg) => [
    pkg.name,
    pkg.version,
    pkg.arch,
    pkg.pocket,
    bytesText(pkg.size),
    sizeText(pkg.installedSize),
  ]);
  const { size, installedSize } = totalOf(packages);
  return linesText([
    `${lock.recipe.name} ${lock.arch} ${lock.variant}`,
    '',
    ...columns([head, ...rows], [4, 5]),
    '',
    `${counted(packages.length, 'package')}, ${bytesText(size)} to download, ${sizeText(installedSize)} installed`,
  ]);
}

/** One object on one line; sizes are in bytes. */
export function planJson({ lock, packages, warnings }: Plan): string {
  const { version: _, packages: _packages, ...configuration } = lock;
  const total = { packages: packages.length, ...totalOf(packages) };
  return jsonText({ type: 'plan', ...configuration, packages, total, warnings });
}

/** A lock has no installed sizes. */
function totalOf(packages: Plan['packages']): { size: number; installedSize: number | null } {
  let size = 0;
  let installedSize: number | null = 0;
  for (const pkg of packages) {
    size += pkg.size;
    installedSize =
      pkg.installedSize === null || installedSize === null ? null : installedSize + pkg.installedSize;
  }
  return { size, installedSize };
}

function sizeText(bytes: number | null): string {
  return bytes === null ? 'unknown' : bytesText(bytes);
}
