/** Whether the answers that shells, scripts and people ask for most are asked for: they need nothing heavy. */
export function isAnsweredAtOnce(argv: readonly string[]): boolean {
  return asksForHelp(argv) || asks(argv, '--version');
}

export function asksForHelp(argv: readonly string[]): boolean {
  return asks(argv, '--help', '-h');
}

function asks(argv: readonly string[], ...spellings: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).some((argument) => spellings.includes(argument));
}
