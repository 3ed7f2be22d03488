import { MkbaseError } from '../errors.ts';
import { dockerArchive, ociArchive } from '../image/archive.ts';
import type { Blob } from '../image/blob.ts';
import { blobsOf, type Image, type ImageIndex } from '../image/image.ts';
import { writeOciLayout } from '../image/oci-layout.ts';
import type { Reference } from '../image/reference.ts';
import { replaceFile } from '../image/replace-file.ts';
import type { Surroundings } from '../job.ts';
import type { Companion } from '../registry/companion.ts';
import type { Session } from '../registry/session.ts';
import type { Registries } from './registries.ts';
import { type ImageTarget, targetName } from './target.ts';

export interface DeliverOptions extends Surroundings {
  /** Where it is shared with what was read from registries before. */
  readonly session?: Session;
}

/** Puts images where the targets say; on failure what was there stays. */
export interface Delivery {
  /** Asks engines and registries whether they would accept the result: a refusal is reported before any work. */
  check(architectures?: number): Promise<void>;
  /** Begins to send what will be a part of the image, while other parts are made. */
  begin(blob: Blob): void;
  /** Into registries last, with what goes beside it, whose tags move when all else is done. */
  deliver(image: Image | ImageIndex, beside?: readonly Companion[]): Promise<void>;
}

/** The modules for registries, some fifty, are loaded where one is a target. */
export async function openDelivery(
  targets: readonly ImageTarget[],
  surroundings: DeliverOptions,
): Promise<Delivery> {
  const ordered = targets.toSorted((a, b) => Number(a.kind === 'docker') - Number(b.kind === 'docker'));
  const names = targets.flatMap((target) => (target.kind === 'docker' ? target.names : []));
  const registries = names.length === 0 ? null : await registriesFor(names, surroundings);
  return {
    async check(architectures = 1) {
      const engines = targets
        .filter(({ kind }) => kind === 'docker-daemon')
        .map(async () => (await engine()).checkDaemon(surroundings, architectures));
      await Promise.all([registries?.check(), ...engines]);
    },
    begin: (blob) => registries?.begin(blob),
    async deliver(image, beside = []) {
      const size = blobsOf(image).reduce((sum, { size }) => sum + size, 0);
      const bytes = registries === null ? {} : { bytes: size * registries.repositories() };
      surroundings.emit({ type: 'phase', phase: 'deliver', ...bytes });
      for (const target of ordered) await deliverTo(target, image, { ...surroundings, registries, beside });
    },
  };
}

/** Speaking with an engine takes HTTP, which is loaded where one is a target. */
function engine() {
  return import('../image/docker-daemon.ts');
}

async function registriesFor(names: readonly Reference[], options: DeliverOptions): Promise<Registries> {
  const { openRegistries, sessionOf } = await import('./registries.ts');
  return openRegistries(names, options.session ?? sessionOf(options));
}

interface DeliveryContext extends Surroundings {
  readonly registries: Registries | null;
  readonly beside: readonly Companion[];
}

async function deliverTo(
  target: ImageTarget,
  image: Image | ImageIndex,
  { env, signal, fsync = true, registries, beside }: DeliveryContext,
): Promise<void> {
  switch (target.kind) {
    case 'oci':
      return writeOciLayout(image, { directory: target.path, tags: target.tags, fsync });
    case 'oci-archive':
      return replaceFile(target.path, ociArchive(image, target.tags), { fsync });
    case 'docker-archive':
      return replaceFile(target.path, dockerArchive(single(image, target), target.names), { fsync });
    case 'docker-daemon':
      return (await engine()).loadIntoDaemon(onlyOne(image), { names: target.names, env, signal });
    case 'docker':
      return registries!.push(image, target.names, beside);
  }
}

/** Docker's own archives know one architecture. */
function single(image: Image | ImageIndex, target: ImageTarget): Image {
  const one = onlyOne(image);
  if (one.kind === 'image') return one;
  throw new MkbaseError('target/one-architecture', `\`${targetName(target)}\` takes one architecture`, {
    hint: 'name one with `--arch`, or write several to `oci:`, `oci-archive:` or `docker://`',
  });
}

/** The image of an index that has no other, without what stands beside it there. */
function onlyOne(image: Image | ImageIndex): Image | ImageIndex {
  return image.kind === 'index' && image.images.length === 1 ? image.images[0]! : image;
}
