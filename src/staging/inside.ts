/**
 * The part of a build that runs inside the namespaces: it stages packages, has them configured in the
 * sandbox, reads the Tree back and writes the tar. It may not use the network, and it ends with the
 * build that started it.
 */
import { rmSync } from 'node:fs';
import type { Errand } from '../hooks/errand.ts';
import type { Event } from '../job.ts';
import { fromPortable, toPortable } from '../portable-error.ts';
import { startCrew } from './crew.ts';
import type { FromInside, Setup, ToInside } from './protocol.ts';
import type { Stage } from './stage.ts';

// A build that failed early has closed the channel: nobody is left to tell.
const tell = (message: FromInside) => void process.send?.(message, undefined, undefined, () => {});
let stage: Stage | undefined;
let isAbandoned = false;
let errandDone: (error: Error | null) => void = () => {};

process.on('disconnect', () => process.exit(1));
if (!process.connected) process.exit(1);
// Modes are given in full wherever a file is made.
process.umask(0);
tell({ type: 'entered' });
const crew = startCrew(JSON.parse(process.argv[2] ?? '') as Setup);
// Loaded while they start; Node keeps messages until somebody listens.
const { openStage } = await import('./stage.ts');
process.on('message', (message: ToInside) => {
  perform(message).catch((error) => {
    // What ends a stage fails it: who removes it waits for the removal.
    if (message.type === 'stage' && isAbandoned) return;
    tell({ type: 'failed', error: toPortable(error) });
  });
});

async function perform(message: ToInside): Promise<void> {
  switch (message.type) {
    case 'stage': {
      const emit = (event: Event) => tell({ type: 'event', event });
      stage = openStage(message.job, crew, { emit, outside });
      const result = await stage.run();
      tell({ type: 'staged', result });
      return;
    }
    case 'fetched':
      stage?.fetched(message.index, message.file);
      return;
    case 'errand-done':
      errandDone(message.error === null ? null : fromPortable(message.error));
      return;
    case 'remove':
      isAbandoned = true;
      await stage?.abandon();
      rmSync(message.path, { recursive: true, force: true });
      tell({ type: 'removed' });
      return;
  }
}

function outside(errand: Errand): Promise<void> {
  return new Promise((resolve, reject) => {
    errandDone = (error) => (error === null ? resolve() : reject(error));
    tell({ type: 'errand', errand });
  });
}
