/** The command `mkbase` as it is shipped: bundled with the little that answers at once. */
import { isAnsweredAtOnce } from './asked.ts';
import { argumentsOf } from './called-as.ts';

// Node's own warnings do not concern the maker of a base.
process.removeAllListeners('warning');
start(argumentsOf(process.argv));

async function start(argv: readonly string[]): Promise<void> {
  if (isAnsweredAtOnce(argv) && (await (await import('./answer.ts')).answer(argv))) return;
  (await import('../launch/launch.ts')).launch('host');
}
