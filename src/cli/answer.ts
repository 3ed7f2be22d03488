/** Answers `--help` and `--version`. */
import { programVersion } from '../version.ts';
import { asksForHelp } from './asked.ts';
import { commandOf } from './commands.ts';
import { helpText } from './help.ts';

const argv = process.argv.slice(2);
process.stdout.write(
  asksForHelp(argv)
    ? helpText(commandOf(argv.filter((argument) => !argument.startsWith('-'))))
    : `mkbase ${programVersion()}\n`,
);
