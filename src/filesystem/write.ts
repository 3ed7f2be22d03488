import { chmod, open as openFile } from 'node:fs/promises';
import type { LayerOptions } from '../image/layer.ts';
import type { Tree } from '../rootfs/tree.ts';
import { writeErofs } from './erofs.ts';
import { writeExt } from './ext.ts';
import { writeSquashfs } from './squashfs.ts';
import type { FileSystemFormat, Tools } from './tool.ts';

export interface FileSystemContent {
  readonly tree: Tree;
  /** Seconds since 1970; no entry is newer. */
  readonly epoch: number;
  readonly open: LayerOptions['open'];
  /** The directory that has the contents of the files. */
  readonly root: string;
}

export interface FileSystemPlace {
  readonly format: FileSystemFormat;
  /** A file that does not exist yet. */
  readonly file: string;
  /** Permission bits of it. */
  readonly mode: number;
  /** Bytes of the whole file system; null for the least that fits. ext2 and ext4 alone have a size. */
  readonly size: number | null;
  /** Bytes to leave free where no size is given. */
  readonly free: number;
  readonly tools: Tools;
  /** Processors to use. */
  readonly jobs: number;
  /** A directory for further files, which goes away. */
  readonly folder: string;
  /** Whether the data is forced to the disk. */
  readonly fsync: boolean;
}

const WRITERS: Readonly<
  Record<FileSystemFormat, (content: FileSystemContent, place: FileSystemPlace) => Promise<void>>
> = { squashfs: writeSquashfs, ext2: writeExt, ext4: writeExt, erofs: writeErofs };

/**
 * Writes the tree as a file system, which depends on the tree, the epoch and the version of the tool alone.
 *
 * @throws MkbaseError `target/too-small`, `target/tool-failed`, and the errors of writeLayer
 */
export async function writeFileSystem(content: FileSystemContent, place: FileSystemPlace): Promise<void> {
  await WRITERS[place.format](content, place);
  await chmod(place.file, place.mode);
  if (!place.fsync) return;
  const written = await openFile(place.file, 'r');
  try {
    await written.sync();
  } finally {
    await written.close();
  }
}
