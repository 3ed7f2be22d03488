import { type ErrorCode, MkbaseError } from './errors.ts';

/** An error on its way between threads or processes, where it would lose its class and fields. */
export interface PortableError {
  readonly message: string;
  /** An ErrorCode, a system error's name, or empty. */
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly data: unknown;
  readonly stack: string;
}

/** Its causes stay behind. */
export function toPortable(error: unknown): PortableError {
  const { message, code, hint, details, data, stack } = error as Partial<MkbaseError>;
  return {
    message: message ?? String(error),
    code: String(code ?? ''),
    hint,
    details: details ?? [],
    data,
    stack: stack ?? '',
  };
}

/** The error on the other side: a MkbaseError, or a plain one with its system code. */
export function fromPortable({ message, code, hint, details, data, stack }: PortableError): Error {
  if (!code.includes('/')) return Object.assign(new Error(message), { code, stack });
  return new MkbaseError(code as ErrorCode, message, {
    ...(hint === undefined ? {} : { hint }),
    details,
    data,
  });
}
