/** The process that the user has started: does what its arguments say. */
import { argumentsOf } from './called-as.ts';
import { interruption, signalStatus } from './failure.ts';
import { reportBug, run } from './run.ts';
import type { World } from './world.ts';

const argv = argumentsOf(process.argv);
const controller = new AbortController();
const { env, stdout, stderr } = process;
const world: World = { env, cwd: currentDirectory(), stdin, stdout, stderr, signal: controller.signal };
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(signalStatus(signal));
    controller.abort(interruption(signal));
  });
}
// A write that fails is reported to the one who wrote; the stream's own event must not end the process.
for (const stream of [stdout, stderr]) stream.on('error', () => {});
process.on('uncaughtException', (thrown) => process.exit(reportBug(thrown, argv, world)));
// Idle connections and workers must not keep a finished job waiting.
run(argv, world).then((status) => process.exit(status));

async function stdin(most = Number.POSITIVE_INFINITY): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= most) break;
  }
  return Buffer.concat(chunks).toString();
}

/** One that was removed has no name: paths are then taken from the root directory. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}
