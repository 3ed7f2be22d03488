/** What debootstrap can be asked to do. All is made in `TARGET/debootstrap/tree` and then moved into TARGET. */
import { copyFile, lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCache } from '../../cache.ts';
import { MkbaseError } from '../../errors.ts';
import type { Lists, Plan, PlanIo } from '../../families/family.ts';
import { familyOf } from '../../families/index.ts';
import { parseDigest } from '../../formats/digest.ts';
import type { Job, Surroundings } from '../../job.ts';
import type { Lock } from '../../lock/lock.ts';
import { linesText } from '../../text.ts';
import { sourceDateEpoch } from '../../time.ts';
import { type World, write } from '../world.ts';
import { ARCHIVES, debName, leaveArchives, takeArchives } from './archives.ts';
import { type Asked, jobOf } from './job.ts';
import { emptyDatabase, leaveAsDebootstrap, sourcesList, withSources } from './leavings.ts';
import { availableOf, writeLists } from './lists.ts';
import type { Log } from './log.ts';
import type { Messages } from './messages.ts';
import type { DebootstrapRequest } from './request.ts';
import { SECOND_STAGE } from './second-stage.ts';
import { mergeTree, OWN, prepareTarget } from './target.ts';

export interface TaskSurroundings {
  readonly world: World;
  readonly messages: Messages;
  readonly log: Log;
}

/** Does what the request asks for; on a failure nothing is new in TARGET but `debootstrap`, with the log. */
export async function perform(
  request: DebootstrapRequest,
  { world, messages, log }: TaskSurroundings,
): Promise<void> {
  const { task } = request;
  if ((task === 'install' || task === 'foreign') && process.getuid?.() !== 0) {
    throw new MkbaseError('host/not-root', 'debootstrap can only run as root', {
      hint: '`mkbase SUITE TARGET` needs no root',
    });
  }
  if (!request.resolvesDeps) {
    messages.warn('--no-resolve-deps has no effect: dependencies are always installed');
  }
  const surroundings: Surroundings = { env: world.env, signal: world.signal, emit: messages.show };
  const { plan: planOf } = await import('../../pipeline/plan.ts');
  if (task === 'print-debs') {
    const { lock } = await planOf((await jobOf(request, world, '.')).job, surroundings);
    await write(world.stdout, linesText(lock.packages.map(({ name }) => name).sort()));
    return;
  }
  if (task === 'make-tarball' && !request.keepsDirectory) await refuseFull(request.target);
  const target = await prepareTarget(request.target);
  const own = join(target, OWN);
  const directory = join(own, 'tree');
  log.open(join(own, 'debootstrap.log'));
  try {
    const { asked, mirror } = await askedOf(request, { own, directory, world });
    const { job } = asked;
    const plan = await planOf(job, surroundings);
    messages.planned(plan.lock, asked.mirror);
    if (request.logsExtraDeps) tellExtraDeps(plan.lock, messages);
    const io = openCache(job, surroundings);
    const folders = [join(target, ARCHIVES), ...(request.cacheDir === null ? [] : [request.cacheDir])];
    await takeArchives(plan.lock.packages, { folders, store: io.store });
    const { readLists } = familyOf(job.recipe);
    if (readLists === null) throw notApt(request.suite);
    const lists = await readLists(plan, io, (index) => (index.own === undefined ? mirror : index.uri));
    if (lists === null) messages.warn('the mirror was updated: apt has to read its indexes again');
    const lock = withSources(plan.lock, sourcesList(request, { mirror, components: plan.lock.components }));
    const made = { request, target, own, directory, job, plan: { ...plan, lock }, io, lists, surroundings };
    await TASKS[task](made);
    if (task === 'install') await complete(made, messages);
  } finally {
    // The log of scripts is in debootstrap's.
    for (const name of await readdir(own).catch(() => [])) {
      if (/^tree(\.\d+)?(\.log)?$/.test(name) || name === 'unpacked')
        await rm(join(own, name), { recursive: true });
    }
  }
}

interface Making {
  readonly request: DebootstrapRequest;
  readonly target: string;
  /** `TARGET/debootstrap` */
  readonly own: string;
  /** Where the tree is made. */
  readonly directory: string;
  readonly job: Job;
  readonly plan: Plan;
  readonly io: PlanIo;
  readonly lists: Lists | null;
  readonly surroundings: Surroundings;
}

const TASKS = { install, foreign, 'download-only': download, 'make-tarball': makeTarball } as const;

/** With `--unpack-tarball`, the mirror of the job is what the tar has; the sources name the real one. */
async function askedOf(
  request: DebootstrapRequest,
  { own, directory, world }: { readonly own: string; readonly directory: string; readonly world: World },
): Promise<{ readonly asked: Asked; readonly mirror: string }> {
  if (request.from === null) {
    const asked = await jobOf(request, world, directory);
    return { asked, mirror: asked.mirror };
  }
  const { openTarball } = await import('./tarball.ts');
  const { mirror, include } = await openTarball(request.from, join(own, 'unpacked'));
  const asked = await jobOf({ ...request, mirror, include, exclude: [] }, world, directory);
  const known =
    request.mirror === null ? await jobOf({ ...request, extraSuites: [] }, world, directory) : null;
  return { asked, mirror: request.mirror ?? known!.mirror };
}

async function install(making: Making): Promise<void> {
  const { directory, job, lists, plan, surroundings, target, request } = making;
  const { build } = await import('../../pipeline/build.ts');
  const targets = [{ kind: 'directory', path: directory }] as const;
  const { locks } = await build([{ ...job, lock: plan.lock }], targets, surroundings);
  await leaveAsDebootstrap(directory, {
    epoch: locks[0]!.epoch!,
    now: sourceDateEpoch(surroundings.env) === null ? Math.floor(job.now.getTime() / 1000) : null,
    available: lists === null ? Buffer.alloc(0) : availableOf(lists, namesOf(plan.lock)),
  });
  await leaveDownloads(making);
  if (request.cacheDir !== null) {
    await leaveArchives(plan.lock.packages, { folder: request.cacheDir, cacheDir: job.cacheDir });
  }
  await mergeTree(directory, target);
}

/** The log goes where the system keeps its logs, and debootstrap's directory goes. */
async function complete({ own, request, target }: Making, messages: Messages): Promise<void> {
  messages.info('Base system installed successfully.');
  await mkdir(join(target, 'var/log'), { recursive: true });
  const move = request.keepsDirectory ? copyFile : rename;
  await move(join(own, 'debootstrap.log'), join(target, 'var/log/bootstrap.log'));
  if (!request.keepsDirectory) await rm(own, { recursive: true });
}

/** Unpacks the required packages and leaves all else to the second stage. */
async function foreign(making: Making): Promise<void> {
  const { directory, job, plan, surroundings, target } = making;
  await fetchAll(making);
  const required = await requiredOf(making);
  const packages = plan.lock.packages.filter(({ name }) => required.has(name));
  const { build } = await import('../../pipeline/build.ts');
  const targets = [{ kind: 'directory', path: directory }] as const;
  await build([{ ...job, lock: { ...plan.lock, packages } }], targets, surroundings);
  await emptyDatabase(directory);
  await leaveDownloads(making);
  await mergeTree(directory, target);
  await leaveSecondStage(making, required, making.own);
}

async function download(making: Making): Promise<void> {
  await mkdir(making.directory);
  await fetchAll(making);
  await leaveDownloads(making);
  await mergeTree(making.directory, making.target);
}

async function makeTarball(making: Making): Promise<void> {
  const { directory, own, request, target } = making;
  await mkdir(join(directory, OWN), { recursive: true });
  await fetchAll(making);
  await leaveDownloads(making);
  await leaveSecondStage(making, await requiredOf(making), join(directory, OWN));
  const { writeTarball } = await import('./tarball.ts');
  await writeTarball(directory, request.tarball!, making.job.now);
  if (request.keepsDirectory) return mergeTree(directory, target);
  await rm(own, { recursive: true });
  // It was empty before, and stays where it is somebody's mount point.
  await rm(target, { recursive: true }).catch(() => {});
}

/** The packages that are unpacked before any other is configured: the variant without what comes on top. */
async function requiredOf({ job, plan, surroundings }: Making): Promise<ReadonlySet<string>> {
  const { withoutRequired = [] } = job.recipe as { readonly withoutRequired?: readonly string[] };
  const variant = withoutRequired.includes(job.variant) ? 'essential' : 'minbase';
  const { plan: planOf } = await import('../../pipeline/plan.ts');
  const least = await planOf({ ...job, variant, include: [] }, { ...surroundings, emit: () => {} });
  const all = namesOf(plan.lock);
  return new Set([...namesOf(least.lock)].filter((name) => all.has(name)));
}

async function fetchAll({ io, plan, surroundings }: Making): Promise<void> {
  const items = plan.lock.packages.map(({ name, version, arch, pocket, path, size, digest }) => ({
    ...{ name, size, what: `${name} ${version} ${arch}` },
    urls: plan.urlsOf(path, pocket),
    digest: parseDigest(digest),
  }));
  await io.store.fetchAll(items, {
    onItem: ({ name, size }, { cached }) => surroundings.emit({ type: 'fetched', name, bytes: size, cached }),
  });
}

/** Package files and lists, where apt looks for them. */
async function leaveDownloads({ directory, job, lists, plan }: Making): Promise<void> {
  const folder = join(directory, ARCHIVES);
  await mkdir(join(folder, 'partial'), { recursive: true });
  if (lists !== null) await writeLists(directory, lists);
  await leaveArchives(plan.lock.packages, { folder, cacheDir: job.cacheDir });
}

/** The files that debootstrap's second stage reads, and ours in its place. */
async function leaveSecondStage(
  { lists, plan, request }: Making,
  required: ReadonlySet<string>,
  folder: string,
): Promise<void> {
  const { arch, packages } = plan.lock;
  const base = packages.filter(({ name }) => !required.has(name)).map(({ name }) => name);
  const files: Readonly<Record<string, readonly string[]>> = {
    required: [...required].sort(),
    base: base.sort(),
    debpaths: packages.map((item) => `${item.name} /${ARCHIVES}/${debName(item)}`),
    deburis: packages.map((item) => `${item.name} ${item.version} ${plan.urlsOf(item.path, item.pocket)[0]}`),
    arch: [arch],
    suite: [request.suite],
    mirror: [request.mirror ?? ''],
    ...(request.variant !== '-' && { variant: [request.variant] }),
    ...(request.extraSuites.length > 0 && { 'extra-suites': [request.extraSuites.join(' ')] }),
  };
  for (const [name, lines] of Object.entries(files)) await writeFile(join(folder, name), linesText(lines));
  const available = lists === null ? Buffer.alloc(0) : availableOf(lists, namesOf(plan.lock));
  await writeFile(join(folder, 'available'), available);
  await writeFile(join(folder, 'debootstrap'), SECOND_STAGE, { mode: 0o755 });
}

async function refuseFull(target: string): Promise<void> {
  const names = (await lstat(target).catch(() => null))?.isDirectory() ? await readdir(target) : [];
  if (names.length === 0) return;
  throw new MkbaseError(
    'target/not-empty',
    `Target directory '${target}' is not empty and it would be wiped`,
    { hint: 'name a directory that does not exist, or add `--keep-debootstrap-dir`' },
  );
}

function notApt(suite: string): MkbaseError {
  return new MkbaseError('usage/other-family', `\`${suite}\` has no packages that debootstrap installs`, {
    hint: '`mkbase SUITE TARGET` makes a base of it',
  });
}

function namesOf({ packages }: Lock): ReadonlySet<string> {
  return new Set(packages.map(({ name }) => name));
}

function tellExtraDeps({ packages }: Lock, { info }: Messages): void {
  const extra = packages.filter(({ reason }) => reason === 'dependency').map(({ name }) => name);
  if (extra.length > 0) info(`Found additional base dependencies: ${extra.join(' ')}`);
}
