import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import type { Tree } from '../rootfs/tree.ts';

/**
 * A UUID of version 8, RFC 9562, that follows from what the tree says of every path, with times not after the epoch: the same
 * Lock gives the same, and two bases that differ can be mounted by it beside each other.
 */
export function identityOf(tree: Tree, epoch: number, purpose: string): string {
  const entries = [...tree]
    .map(([path, entry]) => [path, { ...entry, mtime: Math.min(entry.mtime, epoch) }] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const bytes = createHash('sha256')
    .update(canonicalJson([purpose, entries]))
    .digest()
    .subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
