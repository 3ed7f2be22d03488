import { MkbaseError } from '../errors.ts';
import { dockerArchive, ociArchive } from '../image/archive.ts';
import type { Blob } from '../image/blob.ts';
import { loadIntoDaemon, pingDaemon } from '../image/docker-daemon.ts';
import { blobsOf, type Image, type ImageIndex } from '../image/image.ts';
import { writeOciLayout } from '../image/oci-layout.ts';
import type { Reference } from '../image/reference.ts';
import { replaceFile } from '../image/replace-file.ts';
import type { Surroundings } from '../job.ts';
import { type Attachment, pushImage } from '../registry/push-image.ts';
import { type Registry, registryPool } from '../registry/registry.ts';
import { registrySession, type Session } from '../registry/session.ts';
import { type ImageTarget, targetName } from './target.ts';

export interface DeliverOptions extends Surroundings {
  /** Where it is shared with what was read from registries before. */
  readonly session?: Session;
}

/** Puts images where the targets say; on failure what was there stays. */
export interface Delivery {
  /** Asks engines and registries whether they would take what is to come: a refusal is told before any work. */
  check(): Promise<void>;
  /** Begins to send what will be a part of the image, while other parts are made. */
  begin(blob: Blob): void;
  /** Into registries last, with what is attached, whose tags move when all else is done. */
  deliver(image: Image | ImageIndex, attachments?: readonly Attachment[]): Promise<void>;
}

/** What all registries of one command share. */
export function sessionOf({ env, signal, registry = {}, emit }: Surroundings): Session {
  const log = (line: string) => emit({ type: 'log', line });
  const sent = (bytes: number) => emit({ type: 'sent', bytes });
  return registrySession({ env, signal, log, sent, ...registry });
}

export function openDelivery(targets: readonly ImageTarget[], surroundings: DeliverOptions): Delivery {
  const { env, signal, session = sessionOf(surroundings) } = surroundings;
  const open = registryPool({ session, access: 'push' });
  const ordered = targets.toSorted((a, b) => Number(a.kind === 'docker') - Number(b.kind === 'docker'));
  const names = targets.flatMap((target) => (target.kind === 'docker' ? target.names : []));
  return {
    async check() {
      const registries = [...new Set(names.map(open))].map((one) => one.checkPush());
      const engines = targets
        .filter(({ kind }) => kind === 'docker-daemon')
        .map(() => pingDaemon(surroundings));
      await Promise.all([...registries, ...engines]);
    },
    begin(blob) {
      // To the first repository: others can mount it from there. What fails is tried again by deliver.
      const [first] = names;
      if (first === undefined) return;
      open(first)
        .pushBlob(blob)
        .catch(() => {});
    },
    async deliver(image, attachments = []) {
      const repositories = new Set(names.map(open)).size;
      const bytes = blobsOf(image).reduce((sum, { size }) => sum + size, 0) * repositories;
      surroundings.emit({ type: 'phase', phase: 'deliver', ...(repositories > 0 && { bytes }) });
      const means = { env, signal, open, attachments };
      for (const target of ordered) await deliverTo(target, image, means);
    },
  };
}

interface Means {
  readonly env: DeliverOptions['env'];
  readonly signal: AbortSignal;
  readonly open: (reference: Reference) => Registry;
  readonly attachments: readonly Attachment[];
}

function deliverTo(
  target: ImageTarget,
  image: Image | ImageIndex,
  { env, signal, open, attachments }: Means,
): Promise<void> {
  switch (target.kind) {
    case 'oci':
      return writeOciLayout(image, { directory: target.path, tags: target.tags });
    case 'oci-archive':
      return replaceFile(target.path, ociArchive(image, target.tags));
    case 'docker-archive':
      return replaceFile(target.path, dockerArchive(single(image, target), target.names));
    case 'docker-daemon':
      return loadIntoDaemon(single(image, target), { names: target.names, env, signal });
    case 'docker':
      return pushImage(image, target.names, open, attachments);
  }
}

/** Docker's own archives and its API know one architecture. */
function single(image: Image | ImageIndex, target: ImageTarget): Image {
  if (image.kind === 'image') return image;
  throw new MkbaseError('target/one-architecture', `\`${targetName(target)}\` takes one architecture`, {
    hint: 'name one with `--arch`, or write several to `oci:`, `oci-archive:` or `docker://`',
  });
}
