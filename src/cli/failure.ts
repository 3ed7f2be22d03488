import { constants } from 'node:os';
import { MkbaseError, reasonOf } from '../errors.ts';
import { jsonText, linesText } from '../text.ts';
import { traceOf } from './trace.ts';

/** The reason of an abort that a signal asked for. */
export function interruption(signal: NodeJS.Signals): MkbaseError {
  return new MkbaseError(`interrupted/${signal.toLowerCase()}`, `interrupted by ${signal}`, {
    data: { signal },
  });
}

/** As shells count: 128 and the signal's number. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** A thrown value as an error that a user can read: an unforeseen one is a bug, and the message says so. */
export function failureOf(thrown: unknown): MkbaseError {
  if (thrown instanceof MkbaseError) return thrown;
  const system = thrown as NodeJS.ErrnoException | null;
  if (thrown instanceof Error && system?.syscall !== undefined) return systemFailure(system);
  return new MkbaseError('internal/bug', `unexpected: ${reasonOf(thrown)}`, {
    hint: 'this is a bug in mkbase; please report the command, this message and `mkbase --version`',
    cause: thrown,
  });
}

function systemFailure(error: NodeJS.ErrnoException): MkbaseError {
  const subject = error.path === undefined ? '' : ` \`${error.path}\``;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return new MkbaseError('target/disk-full', `cannot write${subject}: no space left`, {
      hint: 'make room on that file system, or choose another TARGET, `--cache-dir` or TMPDIR',
      cause: error,
    });
  }
  if (error.code === 'EPIPE') {
    return new MkbaseError('target/closed', 'cannot write to standard output: its reader has gone', {
      hint: 'look at the program behind the pipe',
      cause: error,
    });
  }
  return new MkbaseError('host/system-call', `cannot ${error.syscall}${subject}: ${error.code}`, {
    hint: 'run again with `--verbose` to see what led to this',
    cause: error,
  });
}

export function exitStatusOf(error: MkbaseError): number {
  const [kind, signal] = error.code.split('/');
  const name = signal?.toUpperCase() as NodeJS.Signals;
  return kind === 'interrupted' && name in constants.signals ? signalStatus(name) : error.exitStatus;
}

/**
 * `error: …`, then details, then causes where wanted, with the place of what is a bug, then a blank line and
 * `hint: …`.
 */
export function failureText(error: MkbaseError, { verbose }: { readonly verbose: boolean }): string {
  const lines = [`error: ${error.message}`, ...error.details.map((line) => `  ${line}`)];
  if (verbose) lines.push(...causesOf(error).map((message) => `  caused by: ${message}`));
  if (verbose && error.code === 'internal/bug' && error.cause instanceof Error) {
    lines.push(...traceOf(error.cause));
  }
  if (error.hint !== undefined) lines.push('', `hint: ${error.hint}`);
  return linesText(lines);
}

export function failureJson(error: MkbaseError): string {
  const { code, message, hint = null, details, data = null } = error;
  return jsonText({ type: 'error', code, message, hint, details, data, exitStatus: exitStatusOf(error) });
}

function causesOf(error: Error): string[] {
  const messages: string[] = [];
  let cause = error.cause;
  // A chain that bites its tail is not worth more than ten lines.
  while (cause !== undefined && messages.length < 10) {
    messages.push(reasonOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return messages;
}
