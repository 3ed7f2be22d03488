import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Answer } from './answer.ts';
import { type Failure, RequestError } from './failure.ts';

/** Whether an address is of this machine's own files: apt's `file:` and `copy:`, sources.list(5). */
export function isLocal(address: string): boolean {
  return /^(file|copy):/i.test(address);
}

/** A file as if a mirror had sent it. */
export async function openLocal(
  address: string,
  { what, start }: { readonly what: string; readonly start: number },
): Promise<Answer> {
  const url = new URL(address.replace(/^copy:/i, 'file:'));
  const fail = (failure: Failure, cause?: unknown) =>
    new RequestError(failure, { what, url, proxy: null }, { cause });
  try {
    const path = fileURLToPath(url);
    const { size } = await stat(path).then((found) => {
      if (!found.isFile()) throw fail(NOT_THERE);
      return found;
    });
    const begin = start <= size ? start : 0;
    const body = createReadStream(path, { start: begin });
    return {
      from: url.href,
      start: begin,
      length: size - begin,
      cached: false,
      body: reading(body, (cause) => fail(UNREADABLE, cause)),
      close: async () => body.destroy(),
    };
  } catch (error) {
    if (error instanceof RequestError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw fail(code === 'ENOENT' || code === 'ENOTDIR' ? NOT_THERE : UNREADABLE, error);
  }
}

async function* reading(
  body: AsyncIterable<Buffer>,
  failed: (cause: unknown) => RequestError,
): AsyncGenerator<Buffer, void, void> {
  try {
    yield* body;
  } catch (error) {
    throw failed(error);
  }
}

const NOT_THERE: Failure = {
  code: 'network/not-found',
  reason: 'there is no such file',
  hint: 'check the address of the mirror, and that it carries this suite and architecture',
};

const UNREADABLE: Failure = {
  code: 'network/forbidden',
  reason: 'it cannot be read',
  hint: 'check that this user may read the files of the mirror, and that its path is absolute',
};
