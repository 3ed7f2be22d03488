import { createHash } from 'node:crypto';
import type { Failure } from '../fetch/failure.ts';
import type { Blob, Descriptor } from '../image/blob.ts';
import type { Client } from './client.ts';
import type { Answer } from './exchange.ts';
import { RegistryError } from './failure.ts';
import { pauseAfter } from './retry.ts';

/**
 * A blob of the repository. Its bytes are fetched when it is opened, and held against size and digest:
 * they are good when the last has come and nothing was thrown. A download that is cut goes on where it was.
 */
export function remoteBlob(descriptor: Descriptor, client: Client): Blob {
  return { ...descriptor, open: () => download(descriptor, client) };
}

async function* download({ digest, size }: Descriptor, client: Client): AsyncGenerator<Buffer, void, void> {
  const task = `read the blob \`${digest.slice(0, 19)}\` of \`${client.name}\``;
  const hash = createHash('sha256');
  let got = 0;
  for (let attempts = 1; got < size || attempts === 1; attempts++) {
    try {
      for await (const piece of piecesFrom(got, { digest, task, client })) {
        got += piece.length;
        if (got > size) throw new RegistryError(WRONG, task);
        hash.update(piece);
        yield piece;
      }
      if (got < size) throw new RegistryError(CUT, task);
    } catch (error) {
      await pauseAfter(error, attempts, client.session);
    }
  }
  if (`sha256:${hash.digest('hex')}` !== digest) throw new RegistryError(WRONG, task);
}

interface Part {
  readonly digest: string;
  readonly task: string;
  readonly client: Client;
}

/** The bytes after the first `start`. */
async function* piecesFrom(
  start: number,
  { digest, task, client }: Part,
): AsyncGenerator<Buffer, void, void> {
  const headers = start === 0 ? {} : { range: `bytes=${start}-` };
  const answer = await client.ask({ method: 'GET', at: `blobs/${digest}`, task, good: [200, 206], headers });
  let skip = start - firstByte(answer);
  if (skip < 0) throw new RegistryError(CUT, task);
  try {
    for await (const piece of answer.body) {
      const rest = piece.subarray(skip);
      skip -= piece.length - rest.length;
      if (rest.length > 0) yield rest;
    }
  } finally {
    await answer.discard();
  }
}

/** Servers may ignore a range: 200 begins at the first byte. */
function firstByte(answer: Answer): number {
  if (answer.status === 200) return 0;
  return Number(/^bytes (\d+)-/.exec(answer.header('content-range') ?? '')?.[1] ?? Number.POSITIVE_INFINITY);
}

const WRONG: Failure = {
  code: 'registry/wrong-digest',
  reason: 'its content does not match its digest',
  hint: 'it was damaged in the registry or on the way: push it again, and check proxies',
};

const CUT: Failure = {
  code: 'registry/cut',
  reason: 'the connection was cut before the end',
  hint: 'try again later',
};
