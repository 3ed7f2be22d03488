import { MkbaseError } from '../errors.ts';
import { connectionFailure, type Failure } from '../fetch/failure.ts';
import { printableText } from './text.ts';

/** An error as a registry reports it, OCI distribution specification, "Error Codes". */
export interface Complaint {
  /** `BLOB_UPLOAD_UNKNOWN`; empty where it gave none. */
  readonly code: string;
  readonly message: string;
  /** Anything that it adds, as text or JSON. */
  readonly detail: string;
}

/** A request that a registry did not grant. */
export class RegistryError extends MkbaseError {
  /** The failed task, after "cannot". */
  readonly task: string;
  /** The status of the answer; null where none came. */
  readonly status: number | null;
  readonly complaints: readonly Complaint[];
  /** Milliseconds that the server asked to wait for, or null. */
  readonly retryAfter: number | null;

  constructor(failure: Failure, task: string, extra: Extra = {}) {
    super(failure.code, `cannot ${task}: ${failure.reason}`, { hint: failure.hint, cause: extra.cause });
    this.name = 'RegistryError';
    this.task = task;
    this.status = extra.status ?? null;
    this.complaints = extra.complaints ?? [];
    this.retryAfter = extra.retryAfter ?? null;
  }
}

/**
 * For a question whose answer only saves work: null where this account may not ask it, as one that may push
 * and not read.
 */
export function nullWhereBarred(error: unknown): null {
  const isBarred =
    error instanceof RegistryError &&
    error.code !== 'registry/no-account' &&
    [401, 403, 405].includes(error.status ?? 0);
  if (isBarred) return null;
  throw error;
}

interface Extra {
  readonly cause?: unknown;
  readonly status?: number;
  readonly complaints?: readonly Complaint[];
  readonly retryAfter?: number | null;
}

const LATER = 'try again later; blobs that are there already are not sent again';

/** The failure that a system, TLS or protocol error means. */
export function unreachable(error: unknown, host: string): Failure {
  if (/wrong version number|packet length too long/i.test(reasonsOf(error))) return NO_TLS;
  const { code, reason } = connectionFailure(error, host);
  const what = code.slice(code.indexOf('/') + 1);
  return { code: `registry/${what}`, reason, hint: HINTS[what] ?? LATER };
}

/** OpenSSL's error for bytes that are not TLS. */
const NO_TLS: Failure = {
  code: 'registry/no-tls',
  reason: 'it does not speak TLS',
  hint: 'for a registry without TLS, in a network that you trust, add `--plain-http`',
};

function reasonsOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${reasonsOf(error.cause)}` : '';
}

const HINTS: Readonly<Record<string, string>> = {
  dns: 'check the name of the registry and the DNS of this machine',
  refused: 'check that the registry is up; behind a firewall, set http_proxy and https_proxy',
  tls: 'put the certificate of a private authority into `~/.config/containers/certs.d/REGISTRY/ca.crt`, and check the clock of this machine',
};

export const WEB_PAGE: Failure = {
  code: 'registry/not-a-registry',
  reason: 'the answer is a web page',
  hint: 'check the name of the registry; a proxy or a login page may answer in its place',
};

export function redirected(reason: string): Failure {
  return {
    code: 'registry/redirects',
    reason,
    hint: 'a registry behind a TLS proxy must be told its outer address (X-Forwarded-Proto)',
  };
}

/** docker-registry's message for a full disk, with status 500, and the words of registries with quotas. */
const NO_ROOM = /no space left|quota.{0,40}exceeded|exceed.{0,40}quota/i;

/** The failure that an unexpected status means; `retryAfter`: milliseconds that the server asks to wait, or null. */
export function refused(
  status: number,
  complaints: readonly Complaint[],
  retryAfter: number | null = null,
): Failure {
  const said = complaints.map(saidBy).find((text) => text !== '');
  const wait = retryAfter === null ? '' : `, which asks to wait ${Math.ceil(retryAfter / 1000)} s`;
  const reason = said === undefined ? `status ${status}${wait}` : `${said} (status ${status}${wait})`;
  const failure = (what: string, hint: string): Failure => ({ code: `registry/${what}`, reason, hint });
  if (status === 429) return failure('too-many-requests', LATER);
  if (status === 507 || complaints.some(({ message, detail }) => NO_ROOM.test(`${message} ${detail}`))) {
    const hint = 'make room there; `mkbase prune` removes old dated tags of a list of images';
    return { code: 'registry/full', reason: `the registry has no room left (status ${status})`, hint };
  }
  if (status >= 500 || status === 408) return failure('server-error', LATER);
  if (status === 401)
    return failure('unauthorized', 'log in with `docker login`, or name a file with `--authfile`');
  if (status === 403) {
    return failure(
      'denied',
      'this account needs the right to do that there; or check the name of the repository',
    );
  }
  if (status < 400) return failure('redirects', 'name the registry by the address that it leads to');
  if (status === 404) return failure('not-found', 'check the name of the image');
  if (status === 407) return failure('denied', 'put user and password into http_proxy and https_proxy');
  if (status === 413) {
    return failure('too-large', 'a proxy limits the size of a request: send less a time with `--chunk-size`');
  }
  if (status === 405) return failure('unsupported', 'the registry must be told to allow that');
  // Docker's registry says so, too, while another client is sending it the same manifest.
  if (complaints.some(({ code }) => code === 'DIGEST_INVALID')) {
    return failure('digest-invalid', 'something on the way changes what is sent: check proxies');
  }
  return failure('rejected', 'see the log of the registry');
}

/** Some put the reason into `detail` alone, below a message that is the same for all. */
function saidBy({ code, message, detail }: Complaint): string {
  const what = printableText(message || code);
  const more = printableText(detail);
  return more === '' || what.includes(more) ? what : [what, more].filter(Boolean).join(': ');
}
