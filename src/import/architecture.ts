import { FAMILIES } from '../families/index.ts';
import { isElf, readElf } from '../formats/elf.ts';
import { collect } from '../image/blob.ts';
import type { Content, LayerOptions } from '../image/layer.ts';
import type { PlatformNames } from '../image/platform.ts';
import { architectureOf } from '../programs/architecture.ts';
import type { Tree } from '../rootfs/tree.ts';
import { followInTree } from '../rootfs/tree-path.ts';

/** Programs that nearly every root filesystem has one of. */
const PROGRAMS = ['bin/sh', 'bin/bash', 'bin/busybox', 'usr/bin/env', 'sbin/init', 'init'];
/** Larger ones are not looked at. */
const LARGEST = 64 * 2 ** 20;

export interface RootfsContents {
  readonly tree: Tree;
  readonly open: LayerOptions['open'];
}

/** A family's own names of architectures, where the root filesystem is one of its; those differ from Debian's. */
export function platformNames(tree: Tree): PlatformNames {
  const family = FAMILIES.find(({ ownArch }) => ownArch.signs.some((path) => tree.has(path)));
  return family?.platforms ?? {};
}

/**
 * The architecture of a root filesystem, by its package database, or else by the machine type of its
 * shell or any program in it. Null where none of them shows it.
 */
export async function findArchitecture(rootfs: RootfsContents): Promise<string | null> {
  for (const { ownArch } of FAMILIES) {
    const text = await textOf(rootfs, ownArch.path);
    const arch = text === null ? null : ownArch.read(text);
    if (arch !== null) return arch;
  }
  for (const path of [...PROGRAMS, ...programsIn(rootfs.tree)]) {
    const bytes = await bytesOf(rootfs, path);
    const arch = bytes === null ? null : ofProgram(bytes);
    if (arch !== null) return arch;
  }
  return null;
}

/** Some files that may be programs, for a root filesystem without a shell. */
function programsIn(tree: Tree): string[] {
  const runnable = [...tree].filter(([, entry]) => entry.type === 'file' && (entry.mode & 0o111) !== 0);
  return runnable.slice(0, 100).map(([path]) => path);
}

function ofProgram(bytes: Buffer): string | null {
  if (!isElf(bytes)) return null;
  try {
    return architectureOf(readElf(bytes));
  } catch {
    return null; // A file that only begins like a program.
  }
}

async function textOf(rootfs: RootfsContents, path: string): Promise<string | null> {
  return (await bytesOf(rootfs, path))?.toString('latin1') ?? null;
}

/** The content of a file that may be behind links. */
async function bytesOf({ tree, open }: RootfsContents, path: string): Promise<Buffer | null> {
  const resolved = followInTree(tree, path);
  const entry = tree.get(resolved);
  const source = entry?.type === 'hardlink' ? entry.target : resolved;
  const file = tree.get(source);
  if (file?.type !== 'file' || file.size > LARGEST) return null;
  const content: Content = await open(source, file.size);
  return Buffer.isBuffer(content) ? content : collect(content);
}
