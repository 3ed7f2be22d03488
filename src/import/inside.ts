/** Runs inside the user namespace: writes a directory as a tar to standard output. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { contentsBelow } from '../image/contents-below.ts';
import { writeLayer } from '../image/layer.ts';
import { type PortableError, toPortable } from '../portable-error.ts';
import { readDirectory } from './directory.ts';

export interface ToInside {
  readonly root: string;
}

export type FromInside = { readonly notices: readonly string[] } | { readonly error: PortableError };

process.on('disconnect', () => process.exit(1));
const asked = once(process, 'message') as Promise<[ToInside]>;
process.send?.('entered');
const [{ root }] = await asked;
try {
  const { tree, notices } = await readDirectory(root);
  const tar = writeLayer(tree, { epoch: Number.POSITIVE_INFINITY, open: contentsBelow(root) });
  await pipeline(Readable.from(tar), process.stdout, { end: false });
  tell({ notices });
} catch (error) {
  tell({ error: toPortable(error) });
}

/** The last word: the end of this process is the end of the tar. */
function tell(message: FromInside): void {
  process.send?.(message, undefined, undefined, () => process.exit());
}
