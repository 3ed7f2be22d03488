import { closeSync, openSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MkbaseError } from '../errors.ts';
import type { ConffileChoice, HostRequest, PackedHost } from '../families/family.ts';
import { FAMILIES, familyOf } from '../families/index.ts';
import type { Event, Job } from '../job.ts';
import { Root } from '../rootfs/root.ts';
import { makeWorkFolder } from '../unfinished.ts';
import type { Arguments } from './arguments.ts';
import { targetsOf } from './build.ts';
import { makeIfNewer } from './if-newer.ts';
import { checkOperands } from './operands.ts';
import type { Flags } from './options.ts';
import { asPrepared, filesOf, readPrepared, writePrepared } from './prepared-host.ts';
import { registrySettings } from './registry-settings.ts';
import { tellMade } from './report.ts';
import { jobsOf, withProgress } from './session.ts';
import { planOutput } from './simulate.ts';
import { allowed } from './values.ts';
import { type World, write } from './world.ts';

/** `mkbase host TARGET`: a base of packages that are installed on this host, without a network. */
export async function hostPackages(args: Arguments, world: World): Promise<void> {
  const isPlan = args.flags.simulate || args.flags['print-debs'];
  const needsTarget = args.flags.to.length === 0 && !isPlan && args.flags.prepare === null;
  checkOperands(args, { names: args.flags.prepare === null ? ['TARGET'] : [], needed: needsTarget ? 1 : 0 });
  const root = resolve(world.cwd, args.flags.root ?? '/');
  const release = releaseOf(root);
  const flags = await preparedFlags(args.flags, { release, cwd: world.cwd });
  const base = {
    ...args,
    operands: [release, ...args.operands],
    flags: { ...flags, variant: flags.variant ?? (flags.lock === null ? 'custom' : null) },
  };
  const job = await hostJob(base, world);
  const folder = await makeWorkFolder('mkbase-host');
  try {
    if (isPlan) await printPlan(job, { base, world, root, folder });
    else if (flags.prepare !== null) await prepare(job, { base, world, root, folder });
    else if (flags['if-newer']) {
      const inputs = inputsOf(job, { root, prepared: args.flags.build, cwd: world.cwd });
      await makeIfNewer(base, { inputs, world }, () => make(job, { base, world, root, folder }));
    } else await make(job, { base, world, root, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The files that a change of packages, or of what was prepared, changes. */
function inputsOf(
  { recipe }: Job,
  { root, prepared, cwd }: { readonly root: string; readonly prepared: string | null; readonly cwd: string },
): readonly string[] {
  const { hostPackages } = familyOf(recipe);
  const database = hostPackages === null ? [] : [join(root, hostPackages.database)];
  return [...database, ...(prepared === null ? [] : filesOf(resolve(cwd, prepared)))];
}

/** The same, completed by what was prepared. */
async function preparedFlags(
  flags: Flags,
  { release, cwd }: { readonly release: string; readonly cwd: string },
): Promise<Flags> {
  if (flags.build === null) return flags;
  if (flags.prepare !== null) {
    throw new MkbaseError('usage/conflict', '`--prepare` and `--build` exclude each other', {
      hint: 'prepare on one host, and build on the other',
    });
  }
  const prepared = await readPrepared(resolve(cwd, flags.build));
  const [distribution] = release.split(':');
  if (prepared.form.distribution === distribution) return asPrepared(flags, prepared);
  throw new MkbaseError(
    'host/other-distribution',
    `\`${flags.build}\` was prepared for \`${prepared.form.distribution}\`, and this host is \`${distribution}\``,
    { hint: 'build on a host of that distribution, or name its root filesystem with `--root`' },
  );
}

/** `--prepare DIR`: only what another host needs to make the base of its own packages. */
async function prepare(job: Job, { base, world, root }: Making): Promise<void> {
  const { flags, operands } = base;
  const directory = resolve(world.cwd, flags.prepare!);
  await withProgress(base, world, async (emit) => {
    const { changed } = await packed(job, { flags, root, write: (name) => name, emit }, 'host');
    const { variant, include, exclude, recommends } = flags;
    const distribution = operands[0]!.split(':')[0]!;
    const form = { version: 1, distribution, variant, include, exclude, recommends } as const;
    await writePrepared(directory, form, { root, changed });
  });
}

interface Making {
  readonly base: Arguments;
  readonly world: World;
  readonly root: string;
  /** For package files. */
  readonly folder: string;
}

async function make(job: Job, { base, world, root, folder }: Making): Promise<void> {
  const { flags } = base;
  const targets = await targetsOf(base, world);
  const { build } = await import('../pipeline/build.ts');
  const { env, signal, cwd } = world;
  const outcome = await withProgress(base, world, async (emit) => {
    const packed = await packedJob(job, { flags, root, folder, emit });
    const registry = registrySettings(flags, cwd);
    const surroundings = { env, signal, emit, registry, fsync: !flags['no-fsync'] };
    return build([packed], targets, { ...surroundings, verify: flags['verify-rebuild'] });
  });
  await tellMade({ targets, ...outcome }, base, world);
}

async function printPlan(job: Job, { base, world, root, folder }: Making): Promise<void> {
  const { flags } = base;
  const { plan } = await import('../pipeline/plan.ts');
  const { env, signal, stdout } = world;
  const { result } = await withProgress(base, world, async (emit) =>
    plan(await packedJob(job, { flags, root, folder, emit }), { env, signal, emit }),
  );
  await write(stdout, planOutput(result, flags));
}

/** The job of the arguments, which asks for installed packages by their names alone. */
async function hostJob(base: Arguments, world: World): Promise<Job> {
  const [job, another] = await jobsOf(base, world);
  const { localPackages } = job!;
  if (another === undefined && localPackages.length === 0) return job!;
  const [what, hint] =
    another === undefined
      ? ['--include FILE', 'name packages that are installed here']
      : ['more than one `--arch`', 'make one base for each architecture'];
  throw new MkbaseError('usage/conflict', `\`mkbase host\` and \`${what}\` exclude each other`, { hint });
}

interface Packing extends Pick<Making, 'root'>, Pick<HostRequest, 'write'> {
  readonly flags: Flags;
  readonly emit: (event: Event) => void;
}

/** Packs what is installed, and says in what it deviates from its packages. */
async function packed(
  job: Job,
  { flags, root, write, emit }: Packing,
  usual: ConffileChoice = 'pristine',
): Promise<PackedHost> {
  const conffiles = (allowed('conffiles', flags.conffiles) ?? usual) as ConffileChoice;
  const { hostPackages } = familyOf(job.recipe);
  if (hostPackages === null) throw noPackages(root);
  const host = await hostPackages.pack({ root, write, job, recipe: job.recipe, conffiles });
  for (const message of host.notices) emit({ type: 'notice', message });
  return host;
}

/** The same job of package files alone, which are made of what is installed. */
async function packedJob(
  job: Job,
  { folder, ...packing }: Omit<Packing, 'write'> & Pick<Making, 'folder'>,
): Promise<Job> {
  const { flags, emit } = packing;
  const write = (name: string, pieces: Iterable<Buffer>) => writePieces(join(folder, name), pieces);
  const { files, canConfigure } = await packed(job, { ...packing, write });
  const leavesScripts = flags.scripts === null && job.scripts === 'run' && !canConfigure;
  if (leavesScripts)
    emit({
      type: 'notice',
      message: 'scripts are left out: the packages have no manager or no shell to run them with',
    });
  return {
    ...job,
    ...{ variant: 'custom', exclude: [], recommends: false, pins: [], snapshot: null },
    ...{ sources: [], sourcesOnly: true, mirror: null, localPackages: files, fromHost: true },
    scripts: leavesScripts ? 'skip' : job.scripts,
  };
}

/** The path of the new file. */
function writePieces(file: string, pieces: Iterable<Buffer>): string {
  const fd = openSync(file, 'wx', 0o600);
  try {
    for (const piece of pieces) {
      for (let done = 0; done < piece.length; ) done += writeSync(fd, piece, done);
    }
  } finally {
    closeSync(fd);
  }
  return file;
}

/**
 * The suite of a root filesystem, by os-release(5).
 *
 * @throws MkbaseError `host/unknown-release`
 */
function releaseOf(path: string): string {
  const root = new Root(path);
  try {
    const text = root.read(root.follow('etc/os-release'))?.toString() ?? '';
    const value = (name: string) => new RegExp(`^${name}=["']?([a-z0-9._-]+)["']?$`, 'm').exec(text)?.[1];
    const [id, release] = [value('ID'), value('VERSION_CODENAME') ?? value('VERSION_ID')];
    if (id !== undefined && release !== undefined) return `${id}:${release}`;
  } finally {
    root.release();
  }
  throw new MkbaseError('host/unknown-release', `\`${path}\` does not say what distribution it is`, {
    hint: 'name a root filesystem that has an /etc/os-release with ID and VERSION_CODENAME with `--root`',
  });
}

function noPackages(root: string): MkbaseError {
  const known = FAMILIES.filter(({ hostPackages }) => hostPackages !== null).map(
    ({ distributions }) => distributions,
  );
  return new MkbaseError('host/no-packages', `the packages of \`${root}\` cannot be taken again`, {
    hint: `that is done for ${known.join(', ')}: for others name the suite, as in \`mkbase alpine:3.20 TARGET\``,
  });
}
