import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { MAIN } from './run.ts';
import { straysOf } from './strays.ts';

/** In the environment of what these tests start: other builds may be running. */
const MARK = `MKBASE_TEST=${randomUUID()}`;
const PHASES = ['plan', 'fetch', 'stage', 'configure', 'deliver'] as const;

describeWith(['root'], 'a build that is ended', () => {
  let folder: string;
  let mirror: Mirror;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-signal-'));
    mirror = await startLiveMirror();
    await once(start('warm'), 'exit'); // Later runs find the packages in the cache.
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await rm(join(folder, 'out'), { recursive: true, force: true });
    await rm(join(folder, 'out.lock.json'), { force: true });
  });

  it.each([
    ...PHASES.map((phase) => ['SIGINT', phase, 130] as const),
    ['SIGTERM', 'stage', 143],
    ['SIGTERM', 'configure', 143],
  ] as const)('by %s while it is in `%s` leaves nothing', async (signal, phase, status) => {
    const child = start('out');
    await reaches(child, phase);
    child.kill(signal);
    const [code] = await once(child, 'exit');
    // A target that is delivered before the signal is seen stays.
    if (phase === 'deliver' && code === 0) return;
    expect(code).toBe(status);
    expect(await left()).toEqual([]);
    expect(await straysOf(MARK, folder)).toEqual([]);
  });

  it.each(['fetch', 'stage', 'configure'] as const)(
    'by SIGKILL while it is in `%s` leaves what the next run sweeps',
    async (phase) => {
      const child = start('out');
      await reaches(child, phase);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await sleep(500);
      expect(await straysOf(MARK, folder)).toEqual([]);
      const again = start('out');
      expect(await once(again, 'exit')).toEqual([0, null]);
      expect(await left()).toEqual(['out', 'out.lock.json']);
    },
  );

  it('is refused a target that another one is building', async () => {
    const child = start('out');
    await reaches(child, 'stage');
    const second = start('out');
    const lines: string[] = [];
    second.stdout?.on('data', (text) => lines.push(String(text)));
    expect(await once(second, 'exit')).toEqual([9, null]);
    expect(lines.join('')).toContain('target/busy');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  function argumentsFor(target: string): string[] {
    return [
      MAIN,
      'bookworm',
      target,
      `${mirror.url}/debian`,
      '--cache-dir=cache',
      '--no-cache-results',
      '--json',
    ];
  }

  function start(target: string): ChildProcess {
    return spawn(process.execPath, argumentsFor(target), {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, MKBASE_TEST: MARK.split('=')[1] },
    });
  }

  async function reaches(child: ChildProcess, phase: string): Promise<void> {
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      const event = JSON.parse(line);
      if (event.type === 'phase' && event.phase === phase) return;
    }
  }

  async function left(): Promise<string[]> {
    const names = await readdir(folder);
    return names.filter((name) => !['cache', 'warm', 'warm.lock.json'].includes(name)).sort();
  }
});
