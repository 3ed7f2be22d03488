import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { descendantsOf } from '../../src/processes.ts';
import { adoptOrphans, endDescendants } from '../../src/sandbox/survivors.ts';

it('ends what has left its parent and its session, and what makes others', async () => {
  adoptOrphans();
  const script = 'setsid sleep 61 & (while :; do sleep 62 & sleep 0.01; done) & exit 0';
  const parent = spawn('sh', ['-c', script], { stdio: 'ignore', detached: true });
  await once(parent, 'exit');
  await sleep(100);
  expect(living().length).toBeGreaterThan(1);
  await endDescendants();
  expect(living()).toEqual([]);
});

function living() {
  return descendantsOf(process.pid).filter(({ state }) => state !== 'Z');
}
