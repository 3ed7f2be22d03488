import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { randomNumbers } from '../../scripts/random.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { placeOf, SUBJECTS, type Subject, writeInputs } from './kill-subjects.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser, type OrdinaryUser } from './ordinary-user.ts';
import { MAIN } from './run.ts';
import { straysOf } from './strays.ts';

/**
 * How often each subject is killed. `MKBASE_KILLS=50 npx vitest run --config vitest.live.config.ts
 * test/live/kills.test.ts` is the chore of a release; `MKBASE_KILL_SEED` repeats the moments of a run.
 */
const KILLS = Number(process.env.MKBASE_KILLS ?? 1);
const SEED = Number(process.env.MKBASE_KILL_SEED ?? Date.now() % 1_000_000);
const MARK = `MKBASE_TEST=${randomUUID()}`;

let folder: string;
let mirror: Mirror;
let registry: TestRegistry;
let user: OrdinaryUser | undefined;
const sum = { tried: 0, promised: 0 };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-live-kills-'));
  await chmod(folder, 0o755);
  mirror = await startLiveMirror();
  registry = await startRegistry();
  await writeInputs(folder, registry);
});
afterAll(async () => {
  process.stderr.write(`kills: ${sum.tried} tried, ${sum.promised} as promised (seed ${SEED})\n`);
  user?.remove();
  await registry?.close();
  await mirror?.close();
  await rm(folder, { recursive: true, force: true });
});

for (const [number, subject] of SUBJECTS.entries()) {
  describeWith(subject.needs, `${subject.name}, killed at random moments (seed ${SEED}),`, () => {
    it('is what it was or the whole new one, and the next run succeeds', { timeout: 0 }, async () => {
      const start = await openStart(subject, join(folder, `${number}`));
      const place = placeOf(start.work, registry);
      const succeeds = async (options?: StartOptions) =>
        expect(await once(start(options), 'exit')).toEqual([0, null]);
      if (subject.replaces) await succeeds({ other: true });
      const before = await place.found();
      if (subject.replaces) await place.keep();
      await place.reset('nothing');
      const begun = Date.now();
      await succeeds();
      const whole = Date.now() - begun;
      const usual = await place.found();
      const names = (await readdir(start.work)).sort();

      const random = randomNumbers(SEED + number);
      for (let kill = 0; kill < KILLS; kill++) {
        const isThere = subject.replaces && kill % 2 === 0;
        await place.reset(isThere ? 'kept' : 'nothing');
        const moment = Math.floor(random() * whole);
        // From an empty cache, and from what a killed run has left in it.
        if (kill % 8 === 1) await rm(start.cold, { recursive: true, force: true });
        const child = start({ cold: kill % 4 === 1 });
        const where = `kill ${kill}, after ${moment} ms`;
        sum.tried++;
        await Promise.race([sleep(moment), once(child, 'exit')]);
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        await vi.waitFor(async () => expect([where, await straysOf(MARK, start.work)]).toEqual([where, []]), {
          timeout: 10_000,
        });
        const found = await place.found();
        for (const name of isThere ? before.keys() : [])
          expect([where, name]).toEqual([where, found.has(name) ? name : 'gone']);
        for (const [name, digest] of found) {
          const good = [usual.get(name), ...(isThere ? [before.get(name)] : [])];
          expect([where, name, good]).toEqual([where, name, expect.arrayContaining([digest])]);
        }
        sum.promised++;
      }
      await place.reset('nothing');
      await succeeds({ cold: KILLS > 1 });
      expect(await place.found()).toEqual(usual);
      expect((await readdir(start.work)).sort()).toEqual(names);
      expect(await readdir(start.temporary)).toEqual([]);
    });
  });
}

interface StartOptions {
  readonly other?: boolean;
  /** With a cache of its own, so that downloads are cut as well. */
  readonly cold?: boolean;
}

/** Starts a run in a folder of its own. */
async function openStart({ user: who, args }: Subject, own: string) {
  const at = (name: string) => join(own, name);
  const places = { work: at('work'), temporary: at('temporary'), cold: at('cold'), warm: at('warm') };
  if (who === 'root') places.warm = join(folder, 'warm');
  for (const path of Object.values(places)) await mkdir(path, { recursive: true });
  if (who === 'ordinary') {
    user ??= await makeOrdinaryUser(folder);
    const { uid, gid } = await stat(user.home);
    for (const path of [own, ...Object.values(places)]) await chown(path, uid, gid);
  }
  const program = who === 'root' ? [process.execPath, MAIN] : [...user!.as, process.execPath, user!.main];
  const start = ({ other = false, cold = false }: StartOptions = {}): ChildProcess => {
    const cache = `--cache-dir=${cold ? places.cold : places.warm}`;
    const [first = '', ...rest] = [...program, ...args(mirror.url, other), cache, '--quiet'];
    return spawn(first, rest, {
      cwd: places.work,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, TMPDIR: places.temporary, MKBASE_TEST: MARK.split('=')[1] },
    });
  };
  return Object.assign(start, places);
}
