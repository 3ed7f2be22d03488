/** Runs inside the user namespace: writes a directory as a tar to standard output. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { writeLayer } from '../image/layer.ts';
import { type PortableError, toPortable } from '../portable-error.ts';
import { openDirectory } from './directory.ts';

export interface ToChild {
  readonly root: string;
}

export type FromChild = { readonly notices: readonly string[] } | { readonly error: PortableError };

process.on('disconnect', () => process.exit(1));
const asked = once(process, 'message') as Promise<[ToChild]>;
process.send?.('entered');
asked
  .then(([{ root }]) => writeTar(root))
  .then(
    (notices) => tell({ notices }),
    (error) => tell({ error: toPortable(error) }),
  );

async function writeTar(root: string): Promise<readonly string[]> {
  const { tree, open, notices } = await openDirectory(root);
  const tar = writeLayer(tree, { epoch: Number.POSITIVE_INFINITY, open });
  await pipeline(Readable.from(tar), process.stdout, { end: false });
  return notices;
}

/** The last word: the end of this process is the end of the tar. */
function tell(message: FromChild): void {
  process.send?.(message, undefined, undefined, () => process.exit());
}
