/** Any root filesystem as an image, as `docker import` takes one. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostArch } from '../families/host-arch.ts';
import { type Image, makeImage } from '../image/image.ts';
import { imageWarnings } from '../image/image-warnings.ts';
import { writeLayer } from '../image/layer.ts';
import { layerInFile, packLayer } from '../image/pack-layer.ts';
import { platformOf } from '../image/platform.ts';
import { refuseWhiteouts } from '../image/whiteouts.ts';
import type { BuildResult, Job, Surroundings } from '../job.ts';
import { tallyExclusions } from '../rootfs/exclusion-tally.ts';
import { compileExclusions, parsePathRules } from '../rootfs/exclusions.ts';
import { leaveOut } from '../rootfs/leave-out.ts';
import { secretsIn } from '../rootfs/secrets.ts';
import type { Entry, Tree } from '../rootfs/tree.ts';
import { openDelivery } from '../targets/deliver.ts';
import { explainSystemError } from '../targets/system-error.ts';
import type { ImageTarget } from '../targets/target.ts';
import { isoTime, sourceDateEpoch } from '../time.ts';
import { makeWorkFolder } from '../unfinished.ts';
import { findArchitecture, platformNames } from './architecture.ts';
import { type OpenRootfs, openRootfs, type RootfsSource } from './open-rootfs.ts';

/** As in a Job; values that are not given, `created` too, come from the files. */
export interface ImportRequest extends Choices {
  readonly source: RootfsSource;
  /** Any distribution's name; null reads it from the root filesystem. */
  readonly arch: string | null;
}

type Choices = Pick<
  Job,
  'pathRules' | 'keepSecrets' | 'settings' | 'annotations' | 'created' | 'format' | 'compression'
>;

export interface ImportResult extends BuildResult {
  readonly image: Image;
}

/**
 * Makes an image of one layer and puts it where the targets say. Times are those of the files, and none
 * is the clock's: the same files give the same image.
 *
 * @throws MkbaseError of the root filesystem as openRootfs, `target/whiteout`, `target/bad-owner`
 */
export async function importRootfs(
  request: ImportRequest,
  targets: readonly ImageTarget[],
  surroundings: Surroundings,
): Promise<ImportResult> {
  const { emit } = surroundings;
  const delivery = await openDelivery(targets, surroundings);
  await delivery.check();
  emit({ type: 'phase', phase: 'stage' });
  const rootfs = await openRootfs(request.source);
  const folder = await makeWorkFolder('mkbase-import');
  try {
    const warnings = [...rootfs.notices, ...rootWarnings(rootfs.tree), ...imageWarnings(request)];
    for (const message of warnings) emit({ type: 'warning', message });
    const { tree, excluded } = takenOf(rootfs.tree, request, surroundings);
    rootfs.check(tree);
    refuseWhiteouts(tree);
    emit({ type: 'phase', phase: 'deliver' });
    const image = await seal(tree, { rootfs, request, file: join(folder, 'layer'), surroundings });
    await delivery.deliver(image);
    const size = [...tree.values()].reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0);
    return {
      image,
      locks: [],
      lockFile: null,
      sbomFiles: [],
      packages: 0,
      size,
      entries: tree.size,
      excluded,
    };
  } catch (error) {
    throw explainSystemError(error, targets[0]!);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rootfs.close();
  }
}

/** docker makes the root of a container 0755 and podman 0555, root's both; containerd takes it as it is. */
function rootWarnings(tree: Tree): readonly string[] {
  const { mode, uid, gid } = tree.get('') ?? { mode: 0o755, uid: 0, gid: 0 };
  if (mode === 0o755 && uid === 0 && gid === 0) return [];
  const found = `${mode.toString(8).padStart(4, '0')} ${uid}:${gid}`;
  return [`the root directory is ${found} and not 0755 0:0: some engines take it as it is, others do not`];
}

/** The entries for the image: without those that path rules exclude, or that copies must not share. */
function takenOf(
  whole: Tree,
  { pathRules, keepSecrets }: ImportRequest,
  { emit }: Surroundings,
): { readonly tree: Map<string, Entry>; readonly excluded: BuildResult['excluded'] } {
  const { tree, excluded } = leaveOut(whole, compileExclusions(parsePathRules(pathRules)));
  const tally = tallyExclusions();
  tally.add(excluded);
  if (!keepSecrets) {
    const secrets = secretsIn(tree);
    for (const path of secrets) tree.delete(path);
    const id = tree.get(MACHINE_ID);
    // Empty, not absent: systemd fills it at first boot, machine-id(5).
    if (id?.type === 'file' && id.size > 0) {
      tree.set(MACHINE_ID, { ...id, size: 0 });
      secrets.push(MACHINE_ID);
    }
    if (secrets.length > 0) {
      const message = `what every copy of the image would share was removed: ${secrets.map((path) => `/${path}`).join(', ')}`;
      emit({ type: 'notice', message });
    }
  }
  return { tree, excluded: tally.byRule() };
}

const MACHINE_ID = 'etc/machine-id';

interface SealOptions {
  readonly rootfs: OpenRootfs;
  readonly request: ImportRequest;
  readonly file: string;
  readonly surroundings: Surroundings;
}

async function seal(tree: Tree, { rootfs, request, file, surroundings }: SealOptions): Promise<Image> {
  const { format, compression, settings } = request;
  const { open } = rootfs;
  const arch = request.arch ?? (await findArchitecture({ tree, open })) ?? unknownArch(surroundings);
  const epoch = sourceDateEpoch(surroundings.env) ?? newest(tree);
  const created = request.created ?? Math.floor(epoch);
  const packed = await packLayer(writeLayer(tree, { epoch, open }), { file, codec: compression });
  return makeImage([layerInFile(packed, { file, format })], {
    ...{ format, settings, created },
    platform: platformOf(arch, platformNames(tree)),
    annotations: { 'org.opencontainers.image.created': isoTime(created), ...request.annotations },
    labels: {},
    history: ['mkbase import'],
  });
}

function newest(tree: Tree): number {
  let latest = 0;
  for (const { mtime } of tree.values()) if (mtime > latest) latest = mtime;
  return latest;
}

function unknownArch({ emit }: Surroundings): string {
  const arch = hostArch();
  const message = `cannot find the architecture of the root filesystem, assuming \`${arch}\`: \`--arch\` sets it`;
  emit({ type: 'warning', message });
  return arch;
}
