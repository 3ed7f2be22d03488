/**
 * Exit status of the program by the class of the error (the manual's table is made from this one).
 * A class is the part of an {@link ErrorCode} before the slash.
 */
export const EXIT_STATUS = {
  internal: 1,
  usage: 2,
  host: 3,
  network: 4,
  signature: 5,
  resolution: 6,
  package: 7,
  script: 8,
  target: 9,
  lock: 10,
  binary: 11,
  registry: 12,
  image: 13,
  busy: 4,
  config: 65,
  recipe: 65,
  request: 65,
  interrupted: 130,
} as const;

export type ErrorClass = keyof typeof EXIT_STATUS;
/** `class/what-happened`, e.g. `signature/key-expired`: stable, for programs that read `--json`. */
export type ErrorCode = `${ErrorClass}/${string}`;

export interface ErrorNotes {
  /** The user's remedy, one sentence, no final period. */
  readonly hint?: string;
  /** Further lines shown below the message: a script's last output, a chain of dependencies. */
  readonly details?: readonly string[];
  /** Data for programs, which `--json` prints beside the message. */
  readonly data?: unknown;
  readonly cause?: unknown;
}

/**
 * Every failure that a user can meet. `message` is one line, lower case, names its subject in
 * backquotes and has no final period: "cannot read `x.deb`: the data member is missing".
 */
export class MkbaseError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly data: unknown;

  constructor(code: ErrorCode, message: string, notes: ErrorNotes = {}) {
    super(message, notes.cause === undefined ? undefined : { cause: notes.cause });
    this.name = 'MkbaseError';
    this.code = code;
    this.hint = notes.hint;
    this.details = notes.details ?? [];
    this.data = notes.data;
  }

  get exitStatus(): number {
    return EXIT_STATUS[this.code.slice(0, this.code.indexOf('/')) as ErrorClass];
  }
}

/** The same failure with `changes`; the rest stays as it was, and the failure itself is the cause. */
export function restated(
  failure: MkbaseError,
  { message = failure.message, ...changes }: ErrorNotes & { readonly message?: string },
): MkbaseError {
  const { hint, details, data } = failure;
  const kept = { ...(hint !== undefined && { hint }), details, data, cause: failure };
  return new MkbaseError(failure.code, message, { ...kept, ...changes });
}

/**
 * One failure for the several that trying one way after the other ended in: the first by `order`, codes or
 * their classes with the slash, in which all others come last. The messages of the rest are its details.
 */
export function mostTelling(
  failures: readonly MkbaseError[],
  { order, retell = (failure) => failure }: TellingOptions,
): MkbaseError | null {
  const rank = ({ code }: MkbaseError) => {
    const index = order.findIndex((part) => code.startsWith(part));
    return index === -1 ? order.length : index;
  };
  const [first, ...others] = failures.toSorted((a, b) => rank(a) - rank(b));
  if (first === undefined) return null;
  const chosen = retell(first);
  if (others.length === 0) return chosen;
  return restated(chosen, { details: [...chosen.details, ...others.map(({ message }) => message)] });
}

interface TellingOptions {
  readonly order: readonly (ErrorCode | `${ErrorClass}/`)[];
  /** The first in better words, which keep its class. */
  readonly retell?: (first: MkbaseError) => MkbaseError;
}

/** The text of anything thrown, for use inside another message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const LONGEST_QUOTE = 200;

/**
 * A name from outside, in backquotes, for use inside a message: on one line and of bounded length
 * whatever it holds. Takes a binary string (src/rootfs/tree.ts).
 */
export function quoted(name: string): string {
  const text = name.replace(/[^ -~]|`/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `\`${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text}\``;
}
