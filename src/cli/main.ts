#!/usr/bin/env node
import { optimizeLate } from '../optimize-late.ts';
import { programVersion } from '../version.ts';
import type { World } from './world.ts';

// What Node has to say of itself is no business of who makes a base.
process.removeAllListeners('warning');
optimizeLate();
// The two answers that shells, scripts and people ask for most come before anything heavy is loaded.
const argv = process.argv.slice(2);
if (asks('--help', '-h')) {
  const { helpText } = await import('./help.ts');
  const { commandOf } = await import('./commands.ts');
  process.stdout.write(helpText(commandOf(argv.filter((argument) => !argument.startsWith('-')))));
} else if (asks('--version')) {
  process.stdout.write(`mkbase ${programVersion()}\n`);
} else {
  await main();
}

function asks(...spellings: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).some((argument) => spellings.includes(argument));
}

async function stdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
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

async function main(): Promise<void> {
  const { run, reportBug } = await import('./run.ts');
  const { interruption, signalStatus } = await import('./failure.ts');
  const controller = new AbortController();
  const { env, stdout, stderr } = process;
  const cwd = currentDirectory();
  const world: World = { env, cwd, stdin, stdout, stderr, signal: controller.signal };
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
  process.exit(await run(argv, world));
}
