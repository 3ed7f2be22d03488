import { type ErrorCode, MkbaseError, reasonOf } from '../errors.ts';
import { shownUrl } from './address.ts';

/** The file and its address, which every message names. */
export interface Subject {
  /** For people, e.g. `hello 2.10-3 amd64`. */
  readonly what: string;
  readonly url: URL;
  readonly proxy: URL | null;
}

/** A failed request. The mirror may have said how long to wait before the next. */
export class RequestError extends MkbaseError {
  /** Milliseconds; null where nothing was said. */
  readonly retryAfter: number | null;

  constructor(
    failure: Failure,
    subject: Subject,
    extra: { cause?: unknown; retryAfter?: number | null } = {},
  ) {
    const proxy = subject.proxy === null ? '' : ` through the proxy \`${shownUrl(subject.proxy)}\``;
    const message = `cannot fetch \`${subject.what}\` from \`${shownUrl(subject.url)}\`${proxy}: ${failure.reason}`;
    super(failure.code, message, { hint: failure.hint, cause: extra.cause });
    this.name = 'RequestError';
    this.retryAfter = extra.retryAfter ?? null;
  }
}

export interface Failure {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly hint: string;
}

const OTHER_MIRROR = 'try again later, or name another mirror with --mirror';

/** Thrown by a timer of a request; the code distinguishes it from a signal of the user. */
export function timeoutReason(what: string, milliseconds: number): Error {
  return Object.assign(new Error(`${what} for ${Math.ceil(milliseconds / 1000)} s`), { code: 'ETIMEDOUT' });
}

/** Says what a system, TLS or protocol error means, by its code (Node.js, errors; getaddrinfo(3); connect(2)). */
export function connectionFailure(error: unknown, host: string): Failure {
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) {
    return {
      code: 'network/dns',
      reason: `the host name \`${host}\` cannot be resolved (${code})`,
      hint: 'check the name of the mirror and the DNS of this machine',
    };
  }
  if (['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN'].includes(code)) {
    return {
      code: 'network/refused',
      reason: code === 'ECONNREFUSED' ? 'the connection was refused' : `the host cannot be reached (${code})`,
      hint: 'check that the mirror is up; behind a firewall, set http_proxy and https_proxy',
    };
  }
  if (code === 'ETIMEDOUT') {
    return { code: 'network/timeout', reason: reasonOf(error), hint: OTHER_MIRROR };
  }
  if (/ALERT_(HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_)/.test(code)) {
    return {
      code: 'network/tls',
      reason: `it does not accept this machine's certificate, or the lack of one (${code})`,
      hint: 'name a certificate that it knows with --certificate and --private-key',
    };
  }
  if (/CERT|^ERR_(TLS|SSL)|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code)) {
    return {
      code: 'network/tls',
      reason: `its identity cannot be verified (${code})`,
      hint: 'name the certificate of a private authority with --ca-certificate, and check the clock of this machine',
    };
  }
  return {
    code: 'network/cut',
    reason: code.startsWith('HPE_') ? 'the answer is not HTTP' : 'the connection was cut before the end',
    hint: OTHER_MIRROR,
  };
}

const REASON = ' failed, reason: ';

/** The error without its address, which may carry a signature or a token: causes are shown to people. */
export function withoutAddress(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'FetchError') return error;
  // node-fetch: `request to ADDRESS failed, reason: REASON`, `maximum redirect reached at: ADDRESS`.
  const at = error.message.indexOf(REASON);
  const message = (at < 0 ? error.message : error.message.slice(at + REASON.length)).replace(
    /https?:\/\/\S+/g,
    'the address',
  );
  return Object.assign(new Error(message), { code: codeOf(error) });
}

/** Says what a status that brings no content means (RFC 9110, section 15). */
export function statusFailure(status: number): Failure {
  if (status === 404 || status === 410) {
    return {
      code: 'network/not-found',
      reason: `it is not there (status ${status})`,
      hint: 'check the address of the mirror, and that it carries this suite and architecture',
    };
  }
  if (status === 407) {
    return {
      code: 'network/forbidden',
      reason: 'the proxy asks for a password (status 407)',
      hint: 'put user and password into http_proxy and https_proxy',
    };
  }
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return {
      code: 'network/forbidden',
      reason: `access is denied (status ${status})`,
      hint: 'check the user and password in the address of the mirror, in /etc/apt/auth.conf or in ~/.netrc',
    };
  }
  return {
    code: 'network/server-error',
    reason: status === 429 ? 'too many requests (status 429)' : `the server failed (status ${status})`,
    hint: OTHER_MIRROR,
  };
}

export const WEB_PAGE: Failure = {
  code: 'network/not-a-package',
  reason: 'the answer is a web page',
  hint: 'a proxy or a login page of the network answers in the place of the mirror',
};

export function redirectFailure(reason: string): Failure {
  return {
    code: 'network/redirects',
    reason,
    hint: 'name the mirror by its final address with --mirror',
  };
}

export function tooLarge(limit: number): Failure {
  return {
    code: 'network/too-large',
    reason: `it is larger than ${limit} bytes`,
    hint: 'check that the address is a mirror of the distribution',
  };
}

/** node-fetch repeats the system's code; a host with several addresses gives them in one AggregateError. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : codeOf(error.cause);
}
