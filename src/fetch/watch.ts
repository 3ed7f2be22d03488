import { timeoutReason } from './failure.ts';

/** Ends a request that brings nothing for too long. */
export interface Watch {
  readonly signal: AbortSignal;
  readonly start: () => void;
  readonly stop: () => void;
  /** The reason where it was this watch that ended the request. */
  readonly expired: () => Error | null;
  /** Whether the user or another failure ended it. */
  readonly interrupted: () => boolean;
}

export function watchIdle(milliseconds: number, outer: AbortSignal): Watch {
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
