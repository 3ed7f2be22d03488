import { Readable } from 'node:stream';
import { writeLayer } from '../image/layer.ts';
import { identityOf } from './identity.ts';
import { runTool } from './tool.ts';
import type { FileSystemContent, FileSystemPlace } from './write.ts';

/** An EROFS, from the sealed tar, packed with what every kernel that knows the format can read: LZ4. */
export async function writeErofs(
  { tree, epoch, open }: FileSystemContent,
  { file, tools, jobs, folder }: FileSystemPlace,
): Promise<void> {
  await runTool('mkfs.erofs', tools, {
    args: [
      ...['--quiet', '--tar=f', '-zlz4hc', '-C65536', `--workers=${jobs}`],
      ...[`-T${epoch}`, '--mkfs-time', '-U', identityOf(tree, epoch, 'erofs'), file],
    ],
    input: Readable.from(writeLayer(tree, { epoch, open })),
    env: { TMPDIR: folder },
  });
}
