import { Readable } from 'node:stream';
import { writeLayer } from '../image/layer.ts';
import { runTool } from './tool.ts';
import type { FileSystemContent, FileSystemPlace } from './write.ts';

/** Times of squashfs are seconds without a sign, in 32 bits. */
const LATEST = 2 ** 32 - 1;

/**
 * A squashfs, from the sealed tar. zstd at this level packs a base in a tenth of the time of xz, into an eighth
 * more bytes (decision 205).
 */
export async function writeSquashfs(
  { tree, epoch, open }: FileSystemContent,
  { file, tools, jobs }: FileSystemPlace,
): Promise<void> {
  const timed = [...tree].map(([path, entry]) => {
    return [path, { ...entry, mtime: Math.max(0, Math.min(entry.mtime, LATEST)) }] as const;
  });
  const fitting = new Map(timed);
  const root = fitting.get('') ?? { mode: 0o755, uid: 0, gid: 0, mtime: epoch };
  await runTool('mksquashfs', tools, {
    args: [
      ...['-', file, '-tar', '-noappend', '-quiet', '-no-progress', '-processors', String(jobs)],
      ...['-comp', 'zstd', '-Xcompression-level', '9', '-b', '1M', '-mkfs-time', String(epoch)],
      // The root's own entry of a tar means nothing to it.
      ...['-root-mode', root.mode.toString(8), '-root-uid', String(root.uid), '-root-gid', String(root.gid)],
      ...['-root-time', String(Math.min(root.mtime, epoch))],
    ],
    input: Readable.from(writeLayer(fitting, { epoch, open })),
  });
}
