/** The diagnosis of a program or an image: whether it would start, and what it would miss. */
export interface Diagnosis {
  /** As the user named it. */
  readonly subject: string;
  /** Debian's name; of an image as its configuration says. */
  readonly arch: string;
  /** A few words on its kind, or on the program that it starts. */
  readonly summary: string;
  readonly findings: readonly Finding[];
}

export interface Finding {
  /** `error`: it would not start. `warning`: it may fail later. `note`: good to know. */
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
  /** The remedy, without a final period. */
  readonly hint?: string;
}

export function wouldStart({ findings }: Diagnosis): boolean {
  return findings.every(({ level }) => level !== 'error');
}
