import type { ErrorCode } from '../errors.ts';

/** Milliseconds: a mirror that asks for more patience than this is left for the next one. */
const LONGEST_WAIT = 60_000;
const FIRST_WAIT = 500;

/**
 * How often one mirror is asked before the next. An unreachable host seldom comes back at
 * once; bad bytes are requested twice because the second request bypasses caches on the way.
 */
const ATTEMPTS: Readonly<Partial<Record<ErrorCode, number>>> = {
  'network/server-error': 4,
  'network/cut': 4,
  'network/timeout': 2,
  'network/refused': 2,
  'network/dns': 2,
  'package/wrong-size': 2,
  'package/wrong-hash': 2,
};

export interface Retry {
  readonly code: ErrorCode;
  /** Attempts made so far. */
  readonly attempts: number;
  /** The mirror's `Retry-After` in milliseconds, or null. */
  readonly retryAfter: number | null;
  /** Between 0 and 1. */
  readonly random: number;
}

/** Milliseconds to wait before the same mirror is asked again, or null to leave it. */
export function waitBefore({ code, attempts, retryAfter, random }: Retry): number | null {
  return attempts >= (ATTEMPTS[code] ?? 1) ? null : backoff({ attempts, retryAfter, random });
}

/** Milliseconds to wait after so many attempts, or null where the server asks for too much patience. */
export function backoff({ attempts, retryAfter, random }: Omit<Retry, 'code'>): number | null {
  if (retryAfter !== null) return retryAfter > LONGEST_WAIT ? null : retryAfter;
  return FIRST_WAIT * 2 ** (attempts - 1) * (0.5 + random / 2);
}

/** `Retry-After` (RFC 9110, section 10.2.3) in milliseconds from `now`; null where it says nothing. */
export function parseRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const time = Date.parse(header);
  return Number.isNaN(time) ? null : Math.max(0, time - now);
}
