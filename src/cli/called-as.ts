import { basename } from 'node:path';

/** Programs whose place mkbase takes where it is called by their name, through a link. */
export const STOOD_IN_FOR = ['debootstrap'] as const;

/** The arguments after `mkbase`: a name that it was called by instead is the first of them. */
export function argumentsOf([, program = '', ...rest]: readonly string[]): readonly string[] {
  const name = basename(program);
  return (STOOD_IN_FOR as readonly string[]).includes(name) ? [name, ...rest] : rest;
}

/** Whether all that follows is for that program's command line. */
export function standsInFor(argv: readonly string[]): boolean {
  return (STOOD_IN_FOR as readonly string[]).includes(argv[0] ?? '');
}
