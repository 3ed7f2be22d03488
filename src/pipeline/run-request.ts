import { familyOf, LOCK_SECTIONS } from '../families/index.ts';
import type { Hook } from '../hooks/hook.ts';
import { readHook } from '../hooks/read-hook.ts';
import { type BuildResult, type Host, type HostSettings, type Job, NO_CHOICES } from '../job.ts';
import { readLocks } from '../lock/lock-file.ts';
import { recipeOfData } from '../recipe/recipe-data.ts';
import { parseTarget, type Target } from '../targets/target.ts';
import { type BuildSurroundings, build } from './build.ts';
import { checkDigest, checkedFile, sha256 } from './named-file.ts';
import type { Request, RequestedHook } from './request.ts';

export interface RunHost extends Host, BuildSurroundings {
  readonly stdoutIsTerminal: boolean;
}

/**
 * Does what a request says, with the bytes that the command line which wrote it would have made.
 *
 * @throws MkbaseError `request/changed-file`, `request/unreadable-file`, and what `build` throws
 */
export async function runRequest(
  request: Request,
  host: RunHost,
): Promise<{ readonly result: BuildResult; readonly targets: readonly Target[] }> {
  const jobs = await jobsOfRequest(request, host);
  const { stdoutIsTerminal } = host;
  const { tags, room } = request;
  const targets = await Promise.all(
    request.targets.map((text) => parseTarget(text, { cwd: '/', stdoutIsTerminal, tags, room })),
  );
  return { targets, result: await build(jobs, targets, host) };
}

/** The jobs of a request, one an architecture: its files are looked at, and must be those that it was written for. */
export async function jobsOfRequest(request: Request, host: HostSettings): Promise<readonly Job[]> {
  const { recipe: data, family, locks, lockOut, image } = request;
  const { recipeForm, request: section } = familyOf(data);
  const asked = {
    ...NO_CHOICES,
    ...section.read(family.options),
    ...hostSettings(host),
    suite: request.suite,
    recipe: recipeOfData(data, recipeForm),
    variant: request.variant,
    include: request.include,
    localPackages: await Promise.all(request.packages.map(checkedFile)),
    fromHost: false,
    exclude: request.exclude,
    components: request.components,
    mirror: request.mirror,
    sources: request.sources,
    sourcesOnly: request.sourcesOnly,
    keyrings: await Promise.all(request.keyrings.map(checkedFile)),
    checksOff: request.checksOff,
    maxAge: request.maxAge,
    scripts: request.scripts,
    scriptTimeout: request.scriptTimeout,
    hooks: await Promise.all(request.hooks.map(checkedHook)),
    pathRules: request.pathRules,
    ...(await additionsOf(request)),
    accounts: request.accounts,
    keepSecrets: request.keepSecrets,
    ...image,
    epoch: request.epoch,
    sbom: request.sbom,
    lockOut: lockOut === '-' ? false : lockOut,
  } as const;
  const known = locks.length === 0 ? [] : readLocks(JSON.stringify(locks), 'request', LOCK_SECTIONS);
  return request.arches.map((arch) => ({
    ...asked,
    arch,
    // Where there is none for the architecture, another one, so that the plan can say what it is for.
    lock: known.find((lock) => lock.arch === arch) ?? known[0] ?? null,
  }));
}

function hostSettings({ tls, now, cacheDir, offline, mode, jobs, ...more }: HostSettings): HostSettings {
  const { stateDir, cacheResults, cacheSize } = more;
  return {
    ...{ tls, now, cacheDir, offline, mode, jobs },
    ...(stateDir !== undefined && { stateDir }),
    ...(cacheResults !== undefined && { cacheResults }),
    ...(cacheSize !== undefined && { cacheSize }),
  };
}

async function checkedHook({ phase, text, folder, sha256 }: RequestedHook): Promise<Hook> {
  const hook = await readHook({ phase, text, cwd: folder });
  checkDigest(hook.digest, { path: text, sha256 });
  return hook;
}

async function additionsOf({ additions }: Request): Promise<Pick<Job, 'added' | 'additions'>> {
  if (additions === null) return { added: [], additions: null };
  const { packAdditions } = await import('../additions/pack.ts');
  const { tar } = await packAdditions(additions.from);
  checkDigest(sha256(tar), { path: additions.from.map(({ source }) => source).join(', '), ...additions });
  return { added: additions.from, additions: tar };
}
