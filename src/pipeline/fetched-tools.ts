/**
 * Programs that a build needs and this host lacks: Debian's, from its signed archive by way of the cache, unpacked
 * for as long as the build runs. They are not installed, and their scripts do not run.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MkbaseError } from '../errors.ts';
import { findTool, type ToolNeed, type Tools } from '../filesystem/tool.ts';
import { readElf } from '../formats/elf.ts';
import type { Job, Surroundings } from '../job.ts';
import { findRecipe, loadRecipe } from '../recipe/recipes.ts';
import { makeWorkFolder } from '../unfinished.ts';
import { makeBase } from './base.ts';

export interface OpenTools {
  readonly tools: Tools;
  /** Removes those that were fetched. */
  close(): Promise<void>;
}

/**
 * Finds the programs on this host, else fetches their packages.
 *
 * @throws MkbaseError `host/missing-program`
 */
export async function openTools(
  needs: readonly ToolNeed[],
  job: Job,
  surroundings: Surroundings,
): Promise<OpenTools> {
  const tools: Record<string, readonly string[]> = {};
  const missing: ToolNeed[] = [];
  for (const need of needs) {
    const path = await findTool(need, surroundings.env);
    if (path === null) missing.push(need);
    else tools[need.program] = [path];
  }
  if (missing.length === 0) return { tools, async close() {} };
  const folder = await makeWorkFolder('mkbase-tools');
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const root = join(folder, 'root');
    await unpack([...new Set(missing.map((need) => need.package))], { root, job, surroundings });
    for (const { program } of missing) tools[program] = await startOf(program, root);
  } catch (error) {
    await close();
    if (surroundings.signal.aborted) throw error;
    throw missingTool(missing[0]!, error);
  }
  for (const { program, package: name } of missing) {
    const message = `\`${program}\` is not on this host, or too old: that of Debian's package \`${name}\` is used`;
    surroundings.emit({ type: 'notice', message });
  }
  return { tools, close };
}

/** Debian's stable release, which has all of them new enough. */
const SUITE = 'trixie';

interface Unpacking {
  /** A directory that is made. */
  readonly root: string;
  /** The build that needs them: its cache, network and mirror serve. */
  readonly job: Job;
  readonly surroundings: Surroundings;
}

async function unpack(packages: readonly string[], { root, job, surroundings }: Unpacking): Promise<void> {
  const { env, signal } = surroundings;
  const isOfDebian = job.recipe.distribution === 'debian';
  const { cacheSize: _, ...shared } = job;
  const plain: Job = {
    ...shared,
    ...{ suite: SUITE, recipe: await loadRecipe(findRecipe(SUITE)), arch: null, variant: 'custom' },
    ...{ include: packages, localPackages: [], fromHost: false, exclude: [], components: [], pockets: [] },
    ...{ mirror: isOfDebian ? job.mirror : null, sources: [], sourcesOnly: false, snapshot: null, pins: [] },
    ...{
      keyrings: [],
      checksOff: [],
      checkPackages: false,
      maxAge: null,
      recommends: false,
      mergedUsr: null,
    },
    ...{ solver: null, preferences: true, mode: 'none', scripts: 'skip', debconfSelections: null, hooks: [] },
    ...{ pathRules: ['path-exclude=/usr/share/*'], additions: null, accounts: [], dockerSettings: false },
    ...{ statusDirectory: false, lock: null, sbom: [], hasFollowers: false },
  };
  const target = { kind: 'directory', path: root } as const;
  const targets = { rootfs: [target], image: false, workplace: root };
  const base = await makeBase(plain, targets, { env, signal, emit: () => {}, fsync: false });
  try {
    await base.deliver();
  } finally {
    await base.close();
  }
}

const FOLDERS = ['usr/bin', 'usr/sbin', 'bin', 'sbin'];

/** The words that start a program of an unpacked system, with the libraries beside it. */
async function startOf(program: string, root: string): Promise<readonly string[]> {
  for (const folder of FOLDERS) {
    const path = join(root, folder, program);
    const bytes = await readFile(path).catch(() => null);
    if (bytes === null) continue;
    const { interpreter } = readElf(bytes);
    if (interpreter === null) return [path];
    const libraries = join(root, 'usr/lib');
    const folders = (await readdir(libraries)).filter((name) => name.includes('-linux-'));
    const search = [...folders.map((name) => join(libraries, name)), libraries].join(':');
    return [join(root, 'usr', interpreter), '--library-path', search, path];
  }
  throw new Error(`there is no ${program} in its package`);
}

function missingTool({ program, package: name, oldest }: ToolNeed, cause: unknown): MkbaseError {
  const version = oldest.join('.');
  return new MkbaseError(
    'host/missing-program',
    `\`${program}\` ${version} or newer is not on this host, and Debian's cannot be fetched`,
    {
      hint: `install the package \`${name}\`, or run where the mirror of Debian can be reached`,
      details: [cause instanceof Error ? cause.message : String(cause)],
      cause,
    },
  );
}
