import { MkbaseError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { Arguments } from './arguments.ts';
import { BUILD, NAMED_COMMANDS } from './commands.ts';

/**
 * Refuses a command with fewer or more operands than it takes; `names` are theirs, for the message. The
 * last may be `repeated`.
 */
export function checkOperands(
  { command, operands }: Arguments,
  {
    names,
    needed,
    repeated = false,
  }: { readonly names: readonly string[]; readonly needed: number; readonly repeated?: boolean },
): void {
  const usage = `mkbase ${command.usage}`;
  const extra = operands[names.length];
  if (extra !== undefined && !repeated) {
    throw new MkbaseError('usage/extra-operand', `unexpected argument \`${extra}\``, {
      hint: `the form is \`${usage}\``,
    });
  }
  if (operands.length >= needed) return;
  const [first] = operands;
  // A command with a slip in its name is taken for a suite.
  const isSlip = command === BUILD && operands.length === 1;
  const near = isSlip
    ? didYouMean(
        first!,
        NAMED_COMMANDS.map(({ name }) => name),
      )
    : undefined;
  throw new MkbaseError('usage/missing-operand', `${names[operands.length]} is missing`, {
    hint: near ?? `the form is \`${usage}\`; see \`mkbase --help\``,
  });
}
