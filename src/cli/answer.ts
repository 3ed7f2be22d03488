/** Answers `--help`, `--version` and, where no user has recipes, `list`. */
import { userRecipeFiles } from '../recipe/user-files.ts';
import { programVersion } from '../version.ts';
import { asksForHelp, asksForList } from './asked.ts';
import { commandOf } from './commands.ts';
import { helpText } from './help.ts';

/** False where the answer takes more than is loaded here. */
export async function answer(argv: readonly string[]): Promise<boolean> {
  const text = await textOf(argv);
  if (text === null) return false;
  process.stdout.on('error', (error) => report(error, argv));
  process.stdout.write(text);
  return true;
}

async function textOf(argv: readonly string[]): Promise<string | null> {
  if (asksForHelp(argv)) return helpText(commandOf(argv.filter((argument) => !argument.startsWith('-'))));
  if (!asksForList(argv)) return `mkbase ${programVersion()}\n`;
  if (hasUserRecipes()) return null;
  return (await import('./list-text.ts')).listOutput([], { json: argv.includes('--json') });
}

/** Folders that cannot be read are for the command itself to report. */
function hasUserRecipes(): boolean {
  try {
    return userRecipeFiles({ env: process.env }).length > 0;
  } catch {
    return true;
  }
}

/** A reader that has gone, a full disk. */
async function report(thrown: Error, argv: readonly string[]): Promise<void> {
  const { exitStatusOf, failureJson, failureOf, failureText } = await import('./failure.ts');
  const error = failureOf(thrown);
  process.stderr.write(argv.includes('--json') ? failureJson(error) : failureText(error, { verbose: false }));
  process.exitCode = exitStatusOf(error);
}
