import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { randomNumbers } from '../../scripts/random.ts';
import { descendantsOf, type Process } from '../../src/processes.ts';
import { buildDeb } from '../support/deb.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { MAIN } from './run.ts';
import { straysOf } from './strays.ts';

/** How often each is ended at a random moment; `MKBASE_KILLS=50` is the chore of a release. */
const KILLS = Number(process.env.MKBASE_KILLS ?? 1);
const SEED = Number(process.env.MKBASE_KILL_SEED ?? Date.now() % 1_000_000);
const MARK = `MKBASE_TEST=${randomUUID()}`;

/** Each by what it is started as, below the process that is told to build. */
const PARTS: Readonly<Record<string, (tree: readonly Process[]) => number | undefined>> = {
  'the building process': (tree) => nodes(tree)[0]?.pid,
  'the sandbox': (tree) => nodes(tree)[1]?.pid,
  'the script': (tree) => tree.find(({ name }) => name === 'sleep')?.pid,
};

describeWith(['root'], `each process of a build alone (seed ${SEED})`, () => {
  let folder: string;
  let mirror: Mirror;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-processes-'));
    await chmod(folder, 0o755);
    mirror = await startLiveMirror();
    const postinst = '#!/bin/sh\nset -e\nsleep 300\n';
    const file = await buildDeb({ name: 'sleeper', arch: 'all', control: { postinst } });
    await writeFile(join(folder, 'sleeper.deb'), file);
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(
    Object.keys(PARTS).flatMap((part) => (['SIGKILL', 'SIGSTOP'] as const).map((signal) => [part, signal])),
  )('%s by %s is noticed, named, and leaves nothing', async (part, signal) => {
    const random = randomNumbers(SEED);
    for (let kill = 0; kill < KILLS; kill++) {
      const child = start();
      const said = text(child.stderr!);
      const pid = await untilThere(child, PARTS[part!]!);
      await sleep(random() * 300);
      process.kill(pid, signal as NodeJS.Signals);
      const begun = Date.now();
      const [status] = await once(child, 'exit');
      expect(Date.now() - begun).toBeLessThan(60_000);
      expect([3, 8]).toContain(status);
      expect(await said).toMatch(signal === 'SIGSTOP' ? /error: .* is stopped/ : /error: .*(ended|failed)/);
      await leavesNothing();
    }
  });

  it('a stopped sandbox heeds one signal', async () => {
    const child = start();
    process.kill(await untilThere(child, PARTS['the sandbox']!), 'SIGSTOP');
    await sleep(500);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([143, null]);
    await leavesNothing();
  });

  it('a script that takes too long is ended, and named', async () => {
    const child = start('--script-timeout=3s');
    const said = text(child.stderr!);
    expect(await once(child, 'exit')).toEqual([8, null]);
    expect(await said).toMatch(/error: the scripts of `sleeper` are too slow: .* within 3.0 s/);
    await leavesNothing();
  });

  function start(...more: readonly string[]): ChildProcess {
    const args = ['bookworm', 'out', `${mirror.url}/debian`, '--variant=essential', '--pockets=release'];
    return spawn(process.execPath, [MAIN, ...args, '--include=./sleeper.deb', '--cache-dir=cache', ...more], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, MKBASE_TEST: MARK.split('=')[1] },
    });
  }

  async function untilThere(child: ChildProcess, find: (tree: readonly Process[]) => number | undefined) {
    return vi.waitFor(
      () => {
        const tree = descendantsOf(child.pid!);
        expect(PARTS['the script']!(tree)).toBeDefined();
        return find(tree)!;
      },
      { timeout: 120_000, interval: 100 },
    );
  }

  async function leavesNothing(): Promise<void> {
    await vi.waitFor(async () => expect(await straysOf(MARK, folder)).toEqual([]), { timeout: 10_000 });
    const left = (await readdir(folder)).filter((name) => !['cache', 'sleeper.deb'].includes(name));
    expect(left.filter((name) => !name.endsWith('.log'))).toEqual([]);
    for (const name of left) await rm(join(folder, name));
  }
});

function nodes(tree: readonly Process[]): readonly Process[] {
  return tree.filter(({ name }) => name === 'node' || name === 'MainThread');
}
