import { standsInFor } from './called-as.ts';

/** Whether one of the answers that shells, scripts and people ask for most is asked for: they need nothing heavy. */
export function isAnsweredAtOnce(argv: readonly string[]): boolean {
  if (standsInFor(argv)) return false;
  return asksForHelp(argv) || asks(argv, '--version') || asksForList(argv);
}

export function asksForHelp(argv: readonly string[]): boolean {
  return asks(argv, '--help', '-h');
}

/** Anything else beside the command is for the parser to understand. */
export function asksForList(argv: readonly string[]): boolean {
  return argv[0] === 'list' && argv.slice(1).every((argument) => argument === '--json');
}

function asks(argv: readonly string[], ...spellings: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).some((argument) => spellings.includes(argument));
}
