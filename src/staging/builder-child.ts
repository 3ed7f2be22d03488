/**
 * The part of a build that runs inside the namespaces: it stages packages, has them configured in the
 * sandbox, reads the Tree back and writes the tar. It may not use the network, and it ends with the
 * build that started it.
 */
import { rmSync } from 'node:fs';
import type { HookRequest } from '../hooks/hook-request.ts';
import type { Event } from '../job.ts';
import { optimizeLate } from '../optimize-late.ts';
import { tellOwner } from '../owner.ts';
import { fromPortable, toPortable } from '../portable-error.ts';
import { startInstallerTools } from './installer-tools.ts';
import type { BuilderSetup, FromChild, ToChild } from './protocol.ts';
import type { Stage } from './stage.ts';

type OpenStage = typeof import('./stage.ts').openStage;

let stage: Stage | undefined;
let isAbandoned = false;
let requestDone: (error: Error | null) => void = () => {};
/** Output of scripts that is still to be reported: a message for each line would take longer than the line. */
let said: string[] = [];

process.on('disconnect', () => process.exit(1));
// Whatever fails where nobody waits for it fails the build, which then has this process tidy up.
process.on('uncaughtException', (error) => tell({ type: 'failed', error: toPortable(error) }));
if (!process.connected) process.exit(1);
// Modes are given in full wherever a file is made.
process.umask(0);
optimizeLate();
tell({ type: 'entered' });
const tools = startInstallerTools(JSON.parse(process.argv[2] ?? '') as BuilderSetup, (message) =>
  emit({ type: 'notice', message }),
);
// Loaded while they start; Node keeps messages until somebody listens.
import('./stage.ts').then(({ openStage }) => {
  process.on('message', (message: ToChild) => {
    perform(message, openStage).catch((error) => {
      // An error that ends a stage fails it: the caller that removes it waits for the removal.
      if (message.type === 'stage' && isAbandoned) return;
      tell({ type: 'failed', error: toPortable(error) });
    });
  });
});

async function perform(message: ToChild, openStage: OpenStage): Promise<void> {
  switch (message.type) {
    case 'stage': {
      stage = openStage(message.job, tools, { emit, outside });
      const result = await stage.run();
      tell({ type: 'staged', result });
      return;
    }
    case 'fetched':
      stage?.fetched(message.index, message);
      return;
    case 'hook-request-done':
      requestDone(message.error === null ? null : fromPortable(message.error));
      return;
    case 'remove':
      isAbandoned = true;
      await stage?.abandon();
      rmSync(message.path, { recursive: true, force: true, maxRetries: 10 });
      tell({ type: 'removed' });
      return;
  }
}

function emit(event: Event): void {
  if (event.type === 'log') {
    if (said.length === 0) setImmediate(tellSaid);
    said.push(event.line);
  } else tell({ type: 'event', event });
}

function tellSaid(): void {
  if (said.length > 0) tellOwner({ type: 'said', lines: said } satisfies FromChild);
  said = [];
}

function tell(message: FromChild): void {
  tellSaid();
  tellOwner(message);
}

function outside(request: HookRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    requestDone = (error) => (error === null ? resolve() : reject(error));
    tell({ type: 'hook-request', request });
  });
}
