/** An image around programs, with nothing in it that they do not need. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Addition } from '../additions/addition.ts';
import { hostArch } from '../families/host-arch.ts';
import { familyOf } from '../families/index.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import { imageWarnings } from '../image/image-warnings.ts';
import { writeLayer } from '../image/layer.ts';
import { packLayer } from '../image/pack-layer.ts';
import type { ImageSettings } from '../image/settings.ts';
import { refuseWhiteouts } from '../image/whiteouts.ts';
import type { BuildResult, Job, Surroundings } from '../job.ts';
import { imageOfBases, type SealedBase } from '../pipeline/base-image.ts';
import { checkInterpreter, missedBy, missedNameServices } from '../programs/start.ts';
import { checkSbomPlace, documentsOf, makeSboms, writeSboms } from '../sbom/sbom.ts';
import { openDelivery } from '../targets/deliver.ts';
import { explainSystemError } from '../targets/system-error.ts';
import type { ImageTarget } from '../targets/target.ts';
import { checkTargets, writeLockFile } from '../targets/target-set.ts';
import { makeWorkFolder } from '../unfinished.ts';
import { CA_BUNDLE, type CertificateChoice } from './certificates.ts';
import type { Contents } from './contents.ts';
import { fillContents } from './fill.ts';
import { gather, type LibrarySource, wantsWhole } from './gather.ts';
import { byArchitecture, type GivenProgram, type ProgramSet, readGivenProgram } from './given-program.ts';
import { scratchLock } from './lock.ts';
import { findUser } from './users.ts';

export interface ScratchRequest {
  /**
   * The settings of every image and of packages: the suite, the cache, local content, accounts, format. The
   * first applies to every architecture that has no job of its own.
   */
  readonly jobs: readonly Job[];
  /** The first is what the image starts. */
  readonly programs: readonly Addition[];
  /** Debian's names; empty means those of the programs. */
  readonly arches: readonly string[];
  readonly certificates: CertificateChoice;
  readonly timeZones: boolean;
  readonly libraries: LibrarySource;
  /** A name or ids, as findUser takes them. */
  readonly user: string;
  /** The image's settings from those that it has by itself. */
  readonly settings: (own: ImageSettings) => ImageSettings;
}

export interface ScratchResult extends BuildResult {
  readonly image: Image | ImageIndex;
}

/** Makes the image and puts it into its targets; a program that would not start is refused before that. */
export async function makeScratch(
  request: ScratchRequest,
  targets: readonly ImageTarget[],
  surroundings: Surroundings,
): Promise<ScratchResult> {
  const { format, lockOut, sbom, cacheDir } = request.jobs[0]!;
  const { fsync = true } = surroundings;
  // One after the other: the first of several bad ones is reported.
  const programs: GivenProgram[] = [];
  for (const program of request.programs) programs.push(await readGivenProgram(program));
  const sets = byArchitecture(programs, { asked: request.arches, host: hostArch() });
  checkTargets(targets, sets.length);
  checkSbomPlace(sbom, targets);
  if (!mayBringInterpreters(request)) for (const set of sets) checkStarts(set, NOTHING);
  const foreign = sets.find(({ arch }) => arch !== hostArch());
  if (foreign !== undefined && targets.some(({ kind }) => kind === 'docker-daemon')) {
    const message = `the image is for ${foreign.arch}, and this machine is ${hostArch()}: here it needs an emulator`;
    surroundings.emit({ type: 'warning', message });
  }
  const delivery = await openDelivery(targets, surroundings);
  await delivery.check(sets.length);
  const choices = { ...request.jobs[0]!, settings: request.settings({}) };
  for (const message of imageWarnings(choices)) surroundings.emit({ type: 'warning', message });
  const folder = await makeWorkFolder('mkbase-scratch');
  try {
    const sealed: Sealed[] = [];
    for (const set of sets) sealed.push(await seal(set, request, { folder, surroundings }));
    surroundings.emit({ type: 'phase', phase: 'deliver' });
    const image = imageOfBases(sealed, format);
    const locks = sealed.map(({ lock }) => lock);
    const sboms = await makeSboms(locks, { formats: sbom, cacheDir, surroundings });
    await delivery.deliver(image, documentsOf(sboms, locks, image));
    const sum = (count: (one: Sealed) => number) => sealed.reduce((total, one) => total + count(one), 0);
    return {
      ...{
        image,
        locks,
        excluded: [],
        lockFile: await writeLockFile(locks, targets, { named: lockOut, fsync }),
      },
      sbomFiles: await writeSboms(sboms, locks, targets, { fsync }),
      packages: sum(({ lock }) => lock.packages.length),
      size: sum(({ size }) => size),
      entries: sum(({ entries }) => entries),
    };
  } catch (error) {
    throw explainSystemError(error, targets[0]!);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const NOTHING = { has: () => false };

function mayBringInterpreters({ jobs: [job], libraries }: ScratchRequest): boolean {
  return job!.additions !== null || libraries !== 'none' || wantsWhole(job!);
}

function checkStarts({ programs }: ProgramSet, around: { readonly has: (path: string) => boolean }): void {
  for (const { program, source } of programs) checkInterpreter(program, source, around);
}

interface Sealed extends SealedBase {
  readonly size: number;
  readonly entries: number;
}

async function seal(
  set: ProgramSet,
  request: ScratchRequest,
  { folder, surroundings }: { readonly folder: string; readonly surroundings: Surroundings },
): Promise<Sealed> {
  const { jobs, certificates, timeZones, libraries, user } = request;
  const own = jobs.find(({ arch }) => arch === set.arch);
  const job = { ...(own ?? jobs[0]!), arch: set.arch };
  const { emit } = surroundings;
  const family = await familyOf(job.recipe).scratch();
  const ids = findUser(user, job.accounts);
  const parts = [...(certificates.packaged ? [family.certificates] : []), ...(timeZones ? ['tzdata'] : [])];
  const gathered = await gather(set, { job, family, wanted: { parts, libraries } }, surroundings);
  emit({ type: 'phase', phase: 'stage' });
  const filled = fillContents({ set, job, family, certificates, ...gathered, user: ids });
  const around = { has: filled.has };
  checkStarts(set, around);
  const left = (gathered.taken?.packages ?? [])
    .filter((one) => gathered.whole.has(one.locked.name) && family.isConfigured(one))
    .map(({ locked }) => locked.name);
  if (left.length > 0) {
    emit({
      type: 'warning',
      message: `scripts do not run in a scratch image: ${left.join(', ')} may miss them`,
    });
  }
  for (const { program, source } of set.programs) {
    for (const { message } of missedBy(program, source, around)) emit({ type: 'warning', message });
  }
  const unnamed = missedNameServices(gathered.collected?.nameServices ?? [], around);
  if (unnamed !== null) {
    emit({
      type: 'warning',
      message: `${unnamed}: \`--add\`, or \`--include\` with their package, brings them`,
    });
  }
  const lock = scratchLock({
    job: { ...job, settings: request.settings(ownSettings(set, ids, filled.contents)) },
    arch: set.arch,
    taken: gathered.taken,
    files: filled.files,
    programs: filled.programs,
  });
  const layerFile = join(folder, set.arch);
  const { tree, bodies } = filled.contents;
  refuseWhiteouts(tree);
  const tar = writeLayer(tree, { epoch: lock.epoch ?? 0, open: (path) => bodies.get(path)! });
  const layer = await packLayer(tar, { file: layerFile, codec: job.compression });
  const size = [...bodies.values()].reduce((sum, { length }) => sum + length, 0);
  return { lock, layer, layerFile, size, entries: tree.size };
}

function ownSettings(
  { programs }: ProgramSet,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  { tree }: Contents,
): ImageSettings {
  const [first] = programs;
  return {
    user: `${uid}:${gid}`,
    env: [
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...(tree.has(CA_BUNDLE) ? [`SSL_CERT_FILE=/${CA_BUNDLE}`] : []),
    ],
    ...(first !== undefined && { entrypoint: [first.destination] }),
    workdir: '/',
  };
}
