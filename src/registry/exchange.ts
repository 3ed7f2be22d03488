import { Readable } from 'node:stream';
import fetch, { type Response } from 'node-fetch';
import { MkbaseError } from '../errors.ts';
import { type Address, shownUrl } from '../fetch/address.ts';
import { announcedLength, readBody } from '../fetch/answer.ts';
import { withoutAddress } from '../fetch/failure.ts';
import { nextAddress } from '../fetch/redirect.ts';
import type { Transport } from '../fetch/request.ts';
import { type Watch, watchIdle } from '../fetch/watch.ts';
import { RegistryError, redirected, unreachable, WEB_PAGE } from './failure.ts';

/** One request of a registry's API. */
export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  /** The failed task for an error message, after "cannot": "push `registry.example/base`". */
  readonly task: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Opened again where the request is sent again. */
  readonly body?: Body | undefined;
}

export interface Body {
  /** Bytes. */
  readonly size: number;
  readonly open: () => AsyncIterable<Buffer>;
}

export interface Answer {
  readonly status: number;
  /** Null where there is none. */
  readonly header: (name: string) => string | null;
  /** Which address answered, to resolve a relative one against. */
  readonly url: URL;
  /** Read to the end, or left by `discard`. */
  readonly body: AsyncIterable<Buffer>;
  readonly discard: () => Promise<void>;
}

export interface ExchangeContext {
  readonly transport: Transport;
  readonly signal: AbortSignal;
}

/**
 * One request with its redirects, which take no password to another host.
 *
 * @throws RegistryError where the registry does not answer; an answer of any status is returned
 */
export async function exchange(
  call: Call,
  authorization: string | null,
  line: ExchangeContext,
): Promise<Answer> {
  let address: Address = { url: call.url, authorization };
  for (let redirects = 0; ; redirects++) {
    const { response, answer } = await send(call, address, line);
    const next = isFollowed(call, response.status) ? nextAddress(address, response, redirects) : null;
    if (next === null) return refuseWebPage(answer, call);
    await answer.discard();
    if (typeof next === 'string') throw new RegistryError(redirected(next), call.task);
    address = next;
  }
}

/** RFC 9110, section 15.4: after other statuses a browser would send GET. */
function isFollowed({ method }: Call, status: number): boolean {
  return method === 'GET' || method === 'HEAD' || status === 307 || status === 308;
}

/** Login pages answer 200 to everything, which would mean that a registry has everything. */
async function refuseWebPage(answer: Answer, { task }: Call): Promise<Answer> {
  const isPage = /^\s*text\/html/i.test(answer.header('content-type') ?? '');
  if (!isPage || !(answer.status < 400 || answer.status === 404)) return answer;
  await answer.discard();
  throw new RegistryError(WEB_PAGE, task, { status: answer.status });
}

async function send(
  call: Call,
  { url, authorization }: Address,
  { transport, signal }: ExchangeContext,
): Promise<{ readonly response: Response; readonly answer: Answer }> {
  const { method, headers, body } = call;
  const { agent, proxy } = await transport.route(url);
  const over = new AbortController();
  const watch = watchIdle(transport.idleTimeout, AbortSignal.any([signal, over.signal]));
  const begun = transport.now();
  let sent = body === undefined;
  const failed = (error: unknown): MkbaseError => {
    watch.stop();
    if (signal.aborted) return new MkbaseError('interrupted/signal', 'interrupted', { cause: error });
    // An error of reading the blob itself is passed on unchanged.
    if (error instanceof MkbaseError) return error;
    const reason = watch.expired() ?? error;
    const cause = withoutAddress(reason);
    return new RegistryError(unreachable(reason, (proxy ?? url).hostname), call.task, { cause });
  };
  const source = watched(body, watch, () => {
    sent = true;
  });
  try {
    const response = await fetch(url.href, {
      method,
      agent,
      redirect: 'manual',
      compress: false,
      signal: watch.signal,
      headers: {
        'user-agent': 'mkbase',
        ...headers,
        ...(authorization !== null && { authorization }),
        ...(body !== undefined && { 'content-length': `${body.size}` }),
      },
      body: body === undefined ? null : Readable.from(source),
    });
    transport.log(`${method} ${response.status} ${shownUrl(url)} ${Math.round(transport.now() - begun)}ms`);
    const discard = async (): Promise<void> => {
      watch.stop();
      await leave(response, { isShort: sent && (method === 'HEAD' || isShort(response)), over });
    };
    const read = readBody(response, watch, failed);
    const header = (name: string): string | null => response.headers.get(name);
    return { response, answer: { status: response.status, header, url, body: read, discard } };
  } catch (error) {
    throw failed(error);
  }
}

/** Bytes that any working server accepts within one timeout. */
const PIECE = 65_536;

/** The pieces of a body. Time runs while one is sent: not over the whole of a blob, nor while it is read. */
async function* watched(body: Body | undefined, watch: Watch, done: () => void): AsyncGenerator<Buffer> {
  if (body === undefined) return;
  watch.stop();
  for await (const piece of body.open()) {
    for (let at = 0; at < piece.length; at += PIECE) {
      const part = piece.subarray(at, at + PIECE);
      watch.start();
      yield part;
      watch.moved(part.length);
    }
  }
  done();
  watch.think();
}

function isShort(response: Response): boolean {
  return (announcedLength(response) ?? Number.POSITIVE_INFINITY) <= 65_536;
}

/** A short body is read, so that its connection can be used again; else the connection ends. */
async function leave(
  response: Response,
  { isShort, over }: { readonly isShort: boolean; readonly over: AbortController },
): Promise<void> {
  response.body?.on('error', () => {});
  try {
    if (isShort && !response.bodyUsed) await response.arrayBuffer();
    else if (!isShort) over.abort();
  } catch {
    // Nobody waits for these bytes.
  }
}
