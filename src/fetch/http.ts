import { setTimeout as pause } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import { type ErrorCode, MkbaseError, mostTelling } from '../errors.ts';
import { parseAddress, shownUrl } from './address.ts';
import { createAgents, type TlsSettings } from './agent.ts';
import type { Answer } from './answer.ts';
import type { Credentials } from './credentials.ts';
import { RequestError, tooLarge } from './failure.ts';
import { isLocal } from './local-file.ts';
import { request, type Transport } from './request.ts';
import { waitBefore } from './retry.ts';

export interface HttpOptions {
  /** Proxies are read from here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends every request. */
  readonly signal: AbortSignal;
  readonly credentials?: Credentials;
  readonly tls?: TlsSettings;
  /** Requests at a time to one host. Default 8. */
  readonly connections?: number;
  /** Every request is refused. */
  readonly offline?: boolean;
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  /** Jitter, between 0 and 1. */
  readonly random?: () => number;
  /** Milliseconds. Default 10 s to connect and 30 s without a byte, as apt's. */
  readonly timeouts?: { readonly connect: number; readonly idle: number };
  /** One line a request. */
  readonly log?: (line: string) => void;
}

export interface Fetched {
  readonly body: Buffer;
  /** Which of the given addresses it came from; may hold credentials. */
  readonly url: string;
}

export interface Download<T> {
  /** The subject of messages, without backquotes: `hello 2.10-3 amd64`. */
  readonly what: string;
  readonly signal?: AbortSignal;
  /** How many bytes are there from an earlier attempt. Default none. */
  readonly start?: () => number;
  /**
   * Takes one answer. Its error decides the next step: a `network/…` or `package/…` error leads to
   * another attempt or the next mirror, any other error ends the download.
   */
  readonly receive: (answer: Answer) => Promise<T>;
}

/** GET over a list of mirrors: the addresses of one file, tried in order. */
export interface Http {
  /** Fetches a small file, at most `limit` bytes, that may change at any time: requests bypass caches on the way. */
  fetch(
    urls: readonly string[],
    options: { readonly what: string; readonly limit: number },
  ): Promise<Fetched>;
  /** Brings a file of any size, in pieces. */
  download<T>(urls: readonly string[], options: Download<T>): Promise<T>;
}

/** Errors of a host rather than of a file: later requests try such a host last. */
const UNREACHABLE: readonly ErrorCode[] = [
  'network/dns',
  'network/refused',
  'network/timeout',
  'network/tls',
];

/** One for all requests of a run: it shares connections, turns and the memory of mirrors that are down. */
export function createHttp(options: HttpOptions): Http {
  const surroundings = surroundingsOf(options);
  return {
    fetch: (urls, { what, limit }) =>
      tryMirrors(surroundings, urls, {
        what,
        cacheControl: 'max-age=0',
        receive: async (answer, url) => ({ body: await collect(answer, { what, limit, url }), url }),
      }),
    download: (urls, download) => tryMirrors(surroundings, urls, { ...download, cacheControl: null }),
  };
}

interface Surroundings {
  readonly signal: AbortSignal;
  readonly offline: boolean;
  readonly sleep: NonNullable<HttpOptions['sleep']>;
  readonly random: () => number;
  readonly transport: Transport;
  /** Requests wait here for their turn, so that no time limit runs before they are sent. */
  readonly turnAt: (origin: string) => LimitFunction;
  /** Origins that could not be reached. */
  readonly unreachable: Set<string>;
}

function surroundingsOf(options: HttpOptions): Surroundings {
  const connections = options.connections ?? 8;
  const { connect, idle } = options.timeouts ?? { connect: 10_000, idle: 30_000 };
  const limits = new Map<string, LimitFunction>();
  return {
    signal: options.signal,
    offline: options.offline ?? false,
    sleep: options.sleep ?? ((milliseconds, signal) => pause(milliseconds, undefined, { signal })),
    random: options.random ?? Math.random,
    transport: {
      route: createAgents({
        ...{ env: options.env, connections, connectTimeout: connect },
        ...(options.tls && { tls: options.tls }),
      }),
      ...(options.credentials && { credentials: options.credentials }),
      idleTimeout: idle,
      now: Date.now,
      log: options.log ?? (() => {}),
    },
    turnAt: (origin) => {
      const limit = limits.get(origin) ?? pLimit(connections);
      limits.set(origin, limit);
      return limit;
    },
    unreachable: new Set(),
  };
}

interface Attempt<T> extends Omit<Download<T>, 'receive'> {
  readonly cacheControl: string | null;
  readonly receive: (answer: Answer, url: string) => Promise<T>;
}

async function tryMirrors<T>(
  surroundings: Surroundings,
  urls: readonly string[],
  options: Attempt<T>,
): Promise<T> {
  if (surroundings.offline) {
    throw new MkbaseError('network/offline', `cannot fetch \`${options.what}\` with --offline`, {
      hint: 'run once without --offline',
    });
  }
  const { unreachable } = surroundings;
  const mirrors = urls.map((url) => ({ url, origin: isLocal(url) ? 'file:' : parseAddress(url).url.origin }));
  mirrors.sort((a, b) => Number(unreachable.has(a.origin)) - Number(unreachable.has(b.origin)));
  const failures: MkbaseError[] = [];
  for (const { url, origin } of mirrors) {
    const outcome = await askOne(surroundings, { url, origin }, options);
    if ('value' in outcome) return outcome.value;
    failures.push(outcome.failure);
    if (UNREACHABLE.includes(outcome.failure.code)) unreachable.add(origin);
  }
  // Bad bytes say more than an absent file, and that more than a mirror that cannot be reached.
  const failure = mostTelling(failures, { order: ['package/', 'network/not-found'] });
  throw failure ?? new MkbaseError('internal/no-address', 'cannot fetch from no address');
}

type Outcome<T> = { readonly value: T } | { readonly failure: MkbaseError };

async function askOne<T>(
  surroundings: Surroundings,
  { url, origin }: { readonly url: string; readonly origin: string },
  options: Attempt<T>,
): Promise<Outcome<T>> {
  const signal = options.signal
    ? AbortSignal.any([surroundings.signal, options.signal])
    : surroundings.signal;
  for (let attempts = 1; ; attempts++) {
    try {
      const value = await surroundings.turnAt(origin)(async () => {
        refuseInterrupted(signal);
        const { what, start } = options;
        const cacheControl = attempts > 1 ? 'no-cache' : options.cacheControl;
        const wanted = { what, start: start?.() ?? 0, cacheControl, signal };
        const answer = await request(url, wanted, surroundings.transport);
        return options.receive(answer, url).finally(answer.close);
      });
      return { value };
    } catch (error) {
      if (!(error instanceof MkbaseError) || !/^(network|package)\//.test(error.code)) throw error;
      const retryAfter = error instanceof RequestError ? error.retryAfter : null;
      const wait = waitBefore({ code: error.code, attempts, retryAfter, random: surroundings.random() });
      if (wait === null) return { failure: error };
      surroundings.transport.log(`${error.code} ${shownUrl(url)} again in ${Math.round(wait)}ms`);
      await surroundings.sleep(wait, signal).catch(() => refuseInterrupted(signal));
    }
  }
}

async function collect(
  answer: Answer,
  { what, limit, url }: { readonly what: string; readonly limit: number; readonly url: string },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    length += chunk.length;
    if (length > limit) {
      throw new RequestError(tooLarge(limit), { what, url: new URL(url), proxy: null });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refuseInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new MkbaseError('interrupted/signal', 'interrupted');
}
