import type { Response } from 'node-fetch';
import { MkbaseError } from '../errors.ts';
import { type Address, parseAddress, shownUrl } from './address.ts';
import type { Route } from './agent.ts';
import { type Answer, announcedLength, firstByte, readBody } from './answer.ts';
import type { Credentials } from './credentials.ts';
import {
  connectionFailure,
  type Failure,
  RequestError,
  redirectFailure,
  type Subject,
  statusFailure,
  WEB_PAGE,
  withoutAddress,
} from './failure.ts';
import { isLocal, openLocal } from './local-file.ts';
import { nextAddress } from './redirect.ts';
import { parseRetryAfter } from './retry.ts';
import { type Watch, watchIdle } from './watch.ts';

export interface RequestOptions {
  readonly what: string;
  /** First byte wanted; a mirror may answer with the whole file all the same. */
  readonly start: number;
  /** Value of `Cache-Control`, or null. */
  readonly cacheControl: string | null;
  readonly signal: AbortSignal;
}

/** The surroundings of a request. */
export interface Transport {
  readonly route: (url: URL) => Promise<Route>;
  /** Milliseconds without a byte until the request is given up. */
  readonly idleTimeout: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: (line: string) => void;
  /** For addresses without credentials of their own, redirects included. */
  readonly credentials?: Credentials;
}

/**
 * One GET, with its redirects.
 *
 * @throws RequestError with a `network/…` code; the body throws the same
 */
export async function request(
  address: string,
  options: RequestOptions,
  transport: Transport,
): Promise<Answer> {
  if (isLocal(address)) return openLocal(address, options);
  const { response, subject, watch } = await follow(parseAddress(address), options, transport);
  const fail = async (failure: Failure): Promise<never> => {
    await discard(response);
    watch.stop();
    const retryAfter = parseRetryAfter(response.headers.get('retry-after'), transport.now());
    throw new RequestError(failure, subject, { retryAfter });
  };
  const start = response.status === 206 ? firstByte(response) : 0;
  const isPart = response.status === 206 && start === options.start;
  if (options.start > 0 && !isPart && (response.status === 206 || response.status === 416)) {
    await discard(response);
    watch.stop();
    return request(address, { ...options, start: 0 }, transport);
  }
  if (response.status !== 200 && !isPart) return fail(statusFailure(response.status));
  const body = readBody(response, watch, (error) => requestError(error, subject, watch));
  const first = await body.next();
  if (start === 0 && !first.done && isWebPage(first.value)) {
    await body.return();
    throw new RequestError(WEB_PAGE, subject);
  }
  return {
    from: shownUrl(subject.url),
    start,
    length: announcedLength(response),
    cached: ['age', 'via', 'x-cache'].some((name) => response.headers.has(name)),
    body: startingWith(first, body),
    close: () => body.return(),
  };
}

interface Exchange {
  readonly response: Response;
  readonly subject: Subject;
  readonly watch: Watch;
}

async function follow(first: Address, options: RequestOptions, transport: Transport): Promise<Exchange> {
  let address = first;
  for (let redirects = 0; ; redirects++) {
    const exchange = await send(address, options, transport);
    const next = nextAddress(address, exchange.response, redirects);
    if (next === null) return exchange;
    await discard(exchange.response);
    exchange.watch.stop();
    if (typeof next === 'string') throw new RequestError(redirectFailure(next), exchange.subject);
    address = next;
  }
}

async function send(address: Address, options: RequestOptions, transport: Transport): Promise<Exchange> {
  const { url } = address;
  const authorization = address.authorization ?? (await transport.credentials?.(url)) ?? null;
  const { agent, proxy } = await transport.route(url);
  const subject = { what: options.what, url, proxy };
  const watch = watchIdle(transport.idleTimeout, options.signal);
  const begun = transport.now();
  try {
    // Loaded while other things are under way, and not at all for a mirror in a folder.
    const { default: fetch } = await import('node-fetch');
    const response = await fetch(url.href, {
      agent,
      redirect: 'manual',
      // The bytes that were signed are wanted: a .gz must not be unpacked on the way.
      compress: false,
      signal: watch.signal,
      headers: {
        'user-agent': 'mkbase',
        ...(authorization !== null && { authorization }),
        ...(options.cacheControl !== null && { 'cache-control': options.cacheControl }),
        ...(options.start > 0 && { range: `bytes=${options.start}-` }),
      },
    });
    transport.log(`GET ${response.status} ${shownUrl(url)} ${Math.round(transport.now() - begun)}ms`);
    return { response, subject, watch };
  } catch (error) {
    watch.stop();
    throw requestError(error, subject, watch);
  }
}

async function* startingWith(
  first: IteratorResult<Buffer, void>,
  rest: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, void> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

function requestError(error: unknown, subject: Subject, watch: Watch): MkbaseError {
  if (watch.interrupted()) return new MkbaseError('interrupted/signal', 'interrupted');
  const reason = watch.expired() ?? error;
  return new RequestError(connectionFailure(reason, (subject.proxy ?? subject.url).hostname), subject, {
    cause: withoutAddress(reason),
  });
}

/** Leaves an unwanted body; a short one is read, so that its connection can be used again. */
async function discard(response: Response): Promise<void> {
  const { body } = response;
  if (body === null) return;
  const short = (announcedLength(response) ?? Number.POSITIVE_INFINITY) <= 65_536;
  try {
    if (short) for await (const _ of body);
  } catch {
    // Nobody waits for these bytes; the status already says what is wrong.
  } finally {
    if (!short && 'destroy' in body && typeof body.destroy === 'function') body.destroy();
  }
}

/** Nothing on a mirror that mkbase reads begins with markup; servers' types are not reliable for such files. */
function isWebPage(chunk: Buffer): boolean {
  return /^\s*<(?:!doctype|html|head|body|\?xml|!--)/i.test(chunk.toString('latin1', 0, 256));
}
