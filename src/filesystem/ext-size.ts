/** The blocks and inodes that the members of a tree take in ext2 and ext4. */
import type { LayerMember } from '../image/layer.ts';
import { parentOf } from '../rootfs/tree-path.ts';

export const BLOCK = 4096;

export interface ExtNeeds {
  readonly blocks: number;
  readonly inodes: number;
}

/** Inodes that a file system has for itself, and `lost+found`. */
const OWN_INODES = 11;

/** Blocks beside the counted ones: a file that is not in one piece takes further ones for its map. */
const SPARE = 64;
const SPARE_SHARE = 1 / 512;

export function needsOf(members: readonly LayerMember[], format: 'ext2' | 'ext4'): ExtNeeds {
  const map = format === 'ext2' ? indirectBlocks : () => 0;
  let blocks = 0;
  let inodes = 0;
  for (const { entry } of members) {
    if (entry.type === 'hardlink') continue;
    inodes++;
    if (entry.xattrs !== undefined) blocks++;
    if (entry.type === 'file') blocks += blocksOf(entry.size) + map(blocksOf(entry.size));
    if (entry.type === 'symlink' && entry.target.length >= LONGEST_IN_INODE) blocks++;
  }
  for (const count of directoryBlocks(members).values()) blocks += count;
  return { blocks: Math.ceil(blocks * (1 + SPARE_SHARE)) + SPARE, inodes: inodes + OWN_INODES };
}

export function blocksOf(bytes: number): number {
  return Math.ceil(bytes / BLOCK);
}

/** Bytes of a link's target that need a block. */
const LONGEST_IN_INODE = 60;

/** Addresses of blocks that an inode has itself, and that a block has. */
const DIRECT = 12;
const PER_BLOCK = BLOCK / 4;

function indirectBlocks(blocks: number): number {
  if (blocks <= DIRECT) return 0;
  const single = Math.ceil((blocks - DIRECT) / PER_BLOCK);
  if (single === 1) return 1;
  const double = Math.ceil((single - 1) / PER_BLOCK);
  return single + double + (double > 1 ? 1 : 0);
}

/** Bytes of a directory's block behind `.` and `..`, or without a checksum's entry at its end. */
const ROOM = BLOCK - 24;

function directoryBlocks(members: readonly LayerMember[]): ReadonlyMap<string, number> {
  const blocks = new Map<string, number>();
  const left = new Map<string, number>();
  for (const { path, entry } of members) {
    if (entry.type === 'dir') {
      blocks.set(path, 1);
      left.set(path, ROOM);
    }
    if (path === '') continue;
    const parent = parentOf(path);
    // No entry lies in two blocks.
    const bytes = (8 + (path.length - path.lastIndexOf('/') - 1) + 3) & ~3;
    const room = left.get(parent) ?? 0;
    if (room < bytes) blocks.set(parent, (blocks.get(parent) ?? 0) + 1);
    left.set(parent, (room < bytes ? ROOM : room) - bytes);
  }
  return blocks;
}
