import { setTimeout as pause } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Digest } from '../image/blob.ts';
import { registryRoutes } from './certificates.ts';
import type { ExchangeContext } from './exchange.ts';

/** The user's settings for registries. */
export interface RegistrySettings {
  /** A file of credentials to use instead of podman's and docker's, absolute. */
  readonly authFile?: string | null;
  /** Without TLS. */
  readonly plainHttp?: boolean;
  /** Bytes a request of an upload; null, the default, sends each blob in one. */
  readonly chunkSize?: number | null;
}

export interface SessionOptions extends RegistrySettings {
  /** Proxies and files of credentials are found by this. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends every request. */
  readonly signal: AbortSignal;
  /** One line a request; never holds a credential. */
  readonly log?: (line: string) => void;
  /** Reported of what is left out because a registry does not take it. */
  readonly warn?: (message: string) => void;
  /** Reported how many bytes more a registry has got or had; less than none where an upload begins again. */
  readonly sent?: (change: number) => void;
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  /** Jitter, between 0 and 1. */
  readonly random?: () => number;
  /** Milliseconds. Default 10 s to connect, and 120 s without a byte: registries copy a blob before they answer. */
  readonly timeouts?: { readonly connect: number; readonly idle: number };
}

/** State that all registries of one run share. */
export interface Session extends ExchangeContext {
  readonly env: SessionOptions['env'];
  readonly authFile: string | null;
  readonly plainHttp: boolean;
  readonly chunkSize: number | null;
  readonly warn: (message: string) => void;
  readonly sent: (change: number) => void;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
  readonly random: () => number;
  /** Uploads and downloads of blobs wait here for their turn. */
  readonly turn: LimitFunction;
  /** Which repositories of a host are known to have a blob, by host and digest: it can be mounted from there. */
  readonly places: Map<`${string} ${Digest}`, string>;
}

const BLOBS_AT_ONCE = 4;

/** One for all registries of a run. */
export function registrySession(options: SessionOptions): Session {
  const { env, signal, log = () => {}, random = Math.random } = options;
  const { connect, idle } = options.timeouts ?? { connect: 10_000, idle: 120_000 };
  const sleep = options.sleep ?? ((milliseconds) => pause(milliseconds, undefined, { signal }));
  return {
    env,
    signal,
    authFile: options.authFile ?? null,
    transport: {
      route: registryRoutes({
        env: directToThisMachine(env),
        connections: BLOBS_AT_ONCE,
        connectTimeout: connect,
      }),
      idleTimeout: idle,
      now: Date.now,
      log,
    },
    warn: options.warn ?? (() => {}),
    sent: options.sent ?? (() => {}),
    plainHttp: options.plainHttp ?? false,
    chunkSize: options.chunkSize ?? null,
    sleep: (milliseconds) => sleep(milliseconds, signal),
    random,
    turn: pLimit(BLOBS_AT_ONCE),
    places: new Map(),
  };
}

/** A registry on this machine is not behind a proxy, as docker and skopeo (Go's net/http) take it. */
function directToThisMachine(env: SessionOptions['env']): SessionOptions['env'] {
  const others = env.no_proxy ?? env.NO_PROXY ?? '';
  return { ...env, no_proxy: `${others},localhost,127.0.0.1,[::1]` };
}
