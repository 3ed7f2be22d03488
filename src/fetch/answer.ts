import type { Response } from 'node-fetch';
import type { Watch } from './watch.ts';

/** The beginning of a good answer. */
export interface Answer {
  /** The address that answered, after redirects, as it may be shown. */
  readonly from: string;
  /** Which byte of the file the body begins with. */
  readonly start: number;
  /** Bytes of the body as announced, or null. */
  readonly length: number | null;
  /** A cache on the way says that it had a hand in the answer. */
  readonly cached: boolean;
  readonly body: AsyncIterable<Buffer>;
  /** Must be called at the end; a body that was not read to its own end costs the connection. */
  readonly close: () => Promise<unknown>;
}

/** The pieces of a body. The watch runs while it waits for one; failures are thrown as `failed` converts them. */
export async function* readBody(
  response: Response,
  watch: Watch,
  failed: (error: unknown) => Error,
): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const piece of response.body ?? []) {
      watch.moved((piece as Buffer).length);
      yield piece as Buffer;
      watch.start();
    }
  } catch (error) {
    throw failed(error);
  } finally {
    watch.stop();
  }
}

/** Bytes of the body, or null where the server does not say. */
export function announcedLength(response: Response): number | null {
  const length = response.headers.get('content-length');
  return length !== null && /^\d+$/.test(length) ? Number(length) : null;
}

/** `Content-Range: bytes 100-199/200`; -1 where it cannot be read. */
export function firstByte(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? -1);
}
