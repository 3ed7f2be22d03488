/** Reads what is to be compared, whatever it is. */
import { open, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hostArch } from '../families/host-arch.ts';
import { LOCK_SECTIONS } from '../families/index.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import { imageOfArchitecture } from '../image/one-architecture.ts';
import { readLocks } from '../lock/lock-file.ts';
import type { RegistrySettings } from '../registry/session.ts';
import { openImage, parseImageSource } from '../targets/image-source.ts';
import { sideOfImage, sideOfRootfs } from './rootfs-side.ts';
import { type Side, sideOfLocks } from './side.ts';

export interface ReadOptions {
  readonly cwd: string;
  /** The architecture to take from a multi-platform image; null takes this machine's, or the only one. */
  readonly arch: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly registry: RegistrySettings;
}

/** A lock, the directory or the tar of a root filesystem, or an image by any of its names. */
export async function readSide(text: string, options: ReadOptions): Promise<Side> {
  const path = resolve(options.cwd, text);
  switch (await kindOf(text, path)) {
    case 'lock':
      return sideOfLocks(text, await readLocks(await readFile(path, 'utf8'), text, LOCK_SECTIONS));
    case 'rootfs':
      return sideOfRootfs(text, path);
    case 'image':
      return readImageSide(text, options);
  }
}

async function readImageSide(text: string, { cwd, arch, ...options }: ReadOptions): Promise<Side> {
  const { image, close } = await openImage(await parseImageSource(text, cwd), options);
  try {
    return await sideOfImage(text, oneOf(image, arch));
  } finally {
    await close();
  }
}

function oneOf(image: Image | ImageIndex, arch: string | null): Image {
  if (arch !== null) return imageOfArchitecture(image, arch);
  if (image.kind === 'image') return image;
  return image.images.length === 1 ? image.images[0]! : imageOfArchitecture(image, hostArch());
}

/** A text that names no file here is the name of an image. */
async function kindOf(text: string, path: string): Promise<'lock' | 'rootfs' | 'image'> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) return 'image';
  if (stats.isDirectory()) return (await exists(join(path, 'oci-layout'))) ? 'image' : 'rootfs';
  if (text.endsWith('.json') || /^\s*[[{]/.test(await beginning(path))) return 'lock';
  return (await isImageArchive(path)) ? 'image' : 'rootfs';
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

async function beginning(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Archives of images are not packed, and begin with one of their documents or their folder of blobs. */
async function isImageArchive(path: string): Promise<boolean> {
  const [name = ''] = (await beginning(path)).split('\0');
  return /^(\.\/)?(oci-layout|index\.json|manifest\.json|repositories|blobs\/?.*|[0-9a-f]{64}(\.json|\/.*)?)$/.test(
    name,
  );
}
