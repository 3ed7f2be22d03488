/** A problem of a world, as apk reports it: a subject, and items under each label. */
export interface Problem {
  /** `missing`: no package has the name; `virtual`: none is chosen for it by itself; `package`: a chosen one. */
  readonly kind: 'missing' | 'virtual' | 'package';
  readonly name: string;
  /** Null but for a package. */
  readonly version: string | null;
  readonly parts: readonly Part[];
}

export interface Part {
  readonly label:
    | 'provided by'
    | 'required by'
    | 'masked in'
    | 'conflicts'
    | 'breaks'
    | 'satisfies'
    | 'error';
  readonly items: readonly string[];
}

const SHOWN: Readonly<Record<Problem['kind'], string>> = {
  missing: ' (no such package)',
  virtual: ' (virtual)',
  package: '',
};

/** As lines for a terminal: the subject, then each label with its items, one a line. */
export function showProblems(problems: readonly Problem[]): string[] {
  return problems.flatMap(({ kind, name, version, parts }) => [
    `${name}${version === null ? '' : `-${version}`}${SHOWN[kind]}:`,
    ...parts.flatMap(({ label, items }) => {
      const indent = ' '.repeat(label.length + 4);
      return items.map((item, index) => (index === 0 ? `  ${label}: ${item}` : `${indent}${item}`));
    }),
  ]);
}
