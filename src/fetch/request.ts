import fetch, { type Response } from 'node-fetch';
import { MkbaseError } from '../errors.ts';
import { type Address, parseAddress, shownUrl } from './address.ts';
import type { Route } from './agent.ts';
import {
  connectionFailure,
  type Failure,
  RequestError,
  redirectFailure,
  type Subject,
  statusFailure,
  timeoutReason,
  WEB_PAGE,
} from './failure.ts';
import { parseRetryAfter } from './retry.ts';

const MOST_REDIRECTS = 5;

export interface RequestOptions {
  readonly what: string;
  /** First byte wanted; a mirror may answer with the whole file all the same. */
  readonly start: number;
  /** Value of `Cache-Control`, or null. */
  readonly cacheControl: string | null;
  readonly signal: AbortSignal;
}

/** What a request needs from its surroundings. */
export interface Transport {
  readonly route: (url: URL) => Promise<Route>;
  /** Milliseconds without a byte until the request is given up. */
  readonly idleTimeout: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: (line: string) => void;
}

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
  const { response, subject, watch } = await follow(parseAddress(address), options, transport);
  const fail = async (failure: Failure): Promise<never> => {
    await discard(response);
    watch.stop();
    const retryAfter = parseRetryAfter(response.headers.get('retry-after'), transport.now());
    throw new RequestError(failure, subject, { retryAfter });
  };
  const start = response.status === 206 ? firstByte(response) : 0;
  if (
    options.start > 0 &&
    (response.status === 416 || (response.status === 206 && start !== options.start))
  ) {
    await discard(response);
    watch.stop();
    return request(address, { ...options, start: 0 }, transport);
  }
  if (response.status !== 200 && response.status !== 206) return fail(statusFailure(response.status));
  const body = readBody(response, subject, watch);
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

async function follow(address: Address, options: RequestOptions, transport: Transport): Promise<Exchange> {
  let { url, authorization } = address;
  for (let redirects = 0; ; redirects++) {
    const exchange = await send({ url, authorization }, options, transport);
    const location = redirectTarget(exchange.response, url);
    if (location === null) return exchange;
    await discard(exchange.response);
    exchange.watch.stop();
    if (redirects === MOST_REDIRECTS) {
      throw new RequestError(redirectFailure(`more than ${MOST_REDIRECTS} redirects`), exchange.subject);
    }
    const refusal = refusedRedirect(url, location);
    if (refusal !== null) throw new RequestError(redirectFailure(refusal), exchange.subject);
    if (location.origin !== url.origin) authorization = null;
    url = location;
  }
}

async function send(address: Address, options: RequestOptions, transport: Transport): Promise<Exchange> {
  const { url, authorization } = address;
  const { agent, proxy } = await transport.route(url);
  const subject = { what: options.what, url, proxy };
  const watch = watchIdle(transport.idleTimeout, options.signal);
  const begun = transport.now();
  try {
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

async function* readBody(
  response: Response,
  subject: Subject,
  watch: Watch,
): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const chunk of response.body ?? []) {
      watch.stop();
      yield chunk as Buffer;
      watch.start();
    }
  } catch (error) {
    throw requestError(error, subject, watch);
  } finally {
    watch.stop();
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
    cause: reason,
  });
}

/** Ends a request that brings nothing for too long. */
interface Watch {
  readonly signal: AbortSignal;
  readonly start: () => void;
  readonly stop: () => void;
  /** The reason where it was this watch that ended the request. */
  readonly expired: () => Error | null;
  /** Whether the user or another failure ended it. */
  readonly interrupted: () => boolean;
}

function watchIdle(milliseconds: number, outer: AbortSignal): Watch {
  const controller = new AbortController();
  const expire = (): void => controller.abort(timeoutReason(milliseconds));
  let timer = setTimeout(expire, milliseconds);
  return {
    signal: AbortSignal.any([outer, controller.signal]),
    start: () => {
      timer = setTimeout(expire, milliseconds);
    },
    stop: () => clearTimeout(timer),
    expired: () => (controller.signal.aborted ? (controller.signal.reason as Error) : null),
    interrupted: () => outer.aborted,
  };
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

function redirectTarget(response: Response, base: URL): URL | null {
  const location = response.headers.get('location');
  if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return null;
  return URL.canParse(location, base.href) ? new URL(location, base) : null;
}

function refusedRedirect(from: URL, to: URL): string | null {
  if (to.protocol !== 'http:' && to.protocol !== 'https:')
    return `a redirect to a \`${to.protocol}\` address`;
  if (from.protocol === 'https:' && to.protocol === 'http:') return 'a redirect from https to http';
  return null;
}

/** `Content-Range: bytes 100-199/200`; -1 where it cannot be read. */
function firstByte(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? -1);
}

function announcedLength(response: Response): number | null {
  const length = response.headers.get('content-length');
  return length !== null && /^\d+$/.test(length) ? Number(length) : null;
}

/** Nothing on a mirror that mkbase reads begins with markup; servers' types are not reliable for such files. */
function isWebPage(chunk: Buffer): boolean {
  return /^\s*<(?:!doctype|html|head|body|\?xml|!--)/i.test(chunk.toString('latin1', 0, 256));
}
