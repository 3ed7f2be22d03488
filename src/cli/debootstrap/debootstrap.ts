/** `mkbase debootstrap`, and mkbase called by that name: the work of debootstrap with its command line. */
import { failureOf, signalStatus } from '../failure.ts';
import { type World, write } from '../world.ts';
import { debootstrapHelp, debootstrapVersion } from './help.ts';
import { openLog } from './log.ts';
import { errorText, openMessages } from './messages.ts';
import { asks, parseDebootstrap } from './request.ts';
import { perform } from './tasks.ts';

/** Runs a command line of debootstrap; gives its exit status, which is 1 for every failure. */
export async function debootstrap(argv: readonly string[], world: World): Promise<number> {
  if (asks(argv, '--help')) return write(world.stdout, debootstrapHelp()).then(() => 0);
  if (asks(argv, '--version')) return write(world.stdout, debootstrapVersion()).then(() => 0);
  // Lines that a caller reads go where debootstrap's go: beside data to standard error.
  const stream = asks(argv, '--print-debs') ? world.stderr : world.stdout;
  const log = openLog();
  const tell = (text: string) => void stream.write(text);
  try {
    const request = parseDebootstrap(argv, world.cwd);
    const messages = openMessages({ tell, log: log.add, verbose: request.verbose });
    await perform(request, { world, messages, log });
    return 0;
  } catch (thrown) {
    const error = failureOf(world.signal.aborted ? world.signal.reason : thrown);
    const text = errorText(error);
    log.add(text);
    tell(text + log.pointer());
    const { signal } = (error.data ?? {}) as { readonly signal?: NodeJS.Signals };
    return error.code.startsWith('interrupted/') && signal !== undefined ? signalStatus(signal) : 1;
  }
}
