import { timeoutReason } from './failure.ts';

/** Ends a request that brings, or takes, nothing for too long, or too little all the time. */
export interface Watch {
  readonly signal: AbortSignal;
  /** A wait for the other side begins: at first it has to think. */
  readonly think: () => void;
  /** One in which bytes are to move. */
  readonly start: () => void;
  /** It has ended, and the next begins with `start`. */
  readonly stop: () => void;
  /** It has ended with so many bytes. */
  readonly moved: (bytes: number) => void;
  /** The reason where it was this watch that ended the request. */
  readonly expired: () => Error | null;
  /** Whether the user or another failure ended it. */
  readonly interrupted: () => boolean;
}

/** Bytes a second: dnf's `minrate`. */
const LOWEST_RATE = 1000;

/**
 * `milliseconds`: how long one wait may take, and over how much waiting the rate is taken. The time in which
 * this side has no use for bytes is not counted.
 */
export function watchIdle(milliseconds: number, outer: AbortSignal): Watch {
  const controller = new AbortController();
  const end = (what: string) => controller.abort(timeoutReason(what, milliseconds));
  let timer: NodeJS.Timeout;
  let began = 0;
  let waited = 0;
  let bytes = 0;
  let isMoving = false;
  const start = (): void => {
    began = performance.now();
    timer = setTimeout(() => end('nothing was received'), milliseconds);
  };
  const stop = (): void => clearTimeout(timer);
  const think = (): void => {
    [isMoving, waited, bytes] = [false, 0, 0];
    start();
  };
  think();
  return {
    ...{ think, start, stop, signal: AbortSignal.any([outer, controller.signal]) },
    moved(more) {
      stop();
      if (isMoving) waited += performance.now() - began;
      isMoving = true;
      bytes += more;
      if (waited < milliseconds) return;
      if (bytes < (LOWEST_RATE * waited) / 1000) end(`fewer than ${LOWEST_RATE} bytes a second passed`);
      [waited, bytes] = [0, 0];
    },
    expired: () => (controller.signal.aborted ? (controller.signal.reason as Error) : null),
    interrupted: () => outer.aborted,
  };
}
