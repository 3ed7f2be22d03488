import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MkbaseError } from './errors.ts';
import { dockerArchive, ociArchive } from './image/archive.ts';
import { loadIntoDaemon } from './image/docker-daemon.ts';
import type { Image, ImageIndex } from './image/image.ts';
import { writeOciLayout } from './image/oci-layout.ts';
import type { Event } from './job.ts';
import { pushImage } from './registry/push-image.ts';
import { type RegistrySettings, registrySession, type Session } from './registry/session.ts';
import { type ImageTarget, targetName } from './target.ts';

export interface DeliverOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly registry?: RegistrySettings;
  readonly emit?: (event: Event) => void;
}

/** Puts an image where the targets say: into registries last, whose tags move when all else is done. */
export async function deliverImages(
  image: Image | ImageIndex,
  targets: readonly ImageTarget[],
  { env, signal, registry = {}, emit = () => {} }: DeliverOptions,
): Promise<void> {
  const log = (line: string) => emit({ type: 'log', line });
  const session = registrySession({ env, signal, log, ...registry });
  const ordered = targets.toSorted((a, b) => Number(a.kind === 'docker') - Number(b.kind === 'docker'));
  for (const target of ordered) await deliverImage(image, target, { env, session });
}

/** On failure what was there stays. */
function deliverImage(
  image: Image | ImageIndex,
  target: ImageTarget,
  { env, session }: { readonly env: DeliverOptions['env']; readonly session: Session },
): Promise<void> {
  switch (target.kind) {
    case 'oci':
      return writeOciLayout(image, { directory: target.path, tags: target.tags });
    case 'oci-archive':
      return writeArchive(target.path, ociArchive(image, target.tags));
    case 'docker-archive':
      return writeArchive(target.path, dockerArchive(single(image, target), target.names));
    case 'docker-daemon':
      return loadIntoDaemon(single(image, target), { names: target.names, env, signal: session.signal });
    case 'docker':
      return pushImage(image, target.names, session);
  }
}

/** Docker's own archives and its API know one architecture. */
function single(image: Image | ImageIndex, target: ImageTarget): Image {
  if (image.kind === 'image') return image;
  throw new MkbaseError('target/one-architecture', `\`${targetName(target)}\` takes one architecture`, {
    hint: 'name one with `--arch`, or write several to `oci:`, `oci-archive:` or `docker://`',
  });
}

async function writeArchive(path: string, tar: AsyncIterable<Buffer>): Promise<void> {
  const beside = `${path}.mkbase-${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await pipeline(Readable.from(tar), createWriteStream(beside));
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
