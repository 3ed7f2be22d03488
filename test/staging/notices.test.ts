import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Event } from '../../src/job.ts';
import { build } from '../../src/pipeline/build.ts';
import { jobOf, mirrorOf, suiteSpec, theKey } from '../families/apt/plan-support.ts';

it('names each package that dpkg would refuse, and why', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const entries = [{ path: './opt', type: 'directory' as const }, { path: './opt/x' }];
  const mirror = await mirrorOf(
    suiteSpec({
      packages: [
        { name: 'sound', entries },
        { name: 'homeless', entries: [{ path: './srv/none/file' }] },
        { name: 'pax', entries: [{ path: './opt/pax', pax: { mtime: '1.5' } }] },
      ],
    }),
  );
  const keyring = join(folder, 'key.asc');
  await writeFile(keyring, (await theKey()).armored);
  const job = jobOf({
    ...{ mirror: mirror.url, keyrings: [keyring], cacheDir: join(folder, 'cache') },
    ...{ mode: 'none', scripts: 'skip', jobs: 1, include: ['sound', 'homeless', 'pax'] },
  });
  const target = { kind: 'tar', path: join(folder, 'out.tar'), compression: 'none' } as const;
  const notices: string[] = [];
  const emit = (event: Event) => {
    if (event.type === 'notice') notices.push(event.message);
  };
  await build([job], [target], { env: {}, signal: new AbortController().signal, emit });
  expect(notices.sort()).toEqual([
    'dpkg would refuse `homeless`: no package has the directory of `/srv/none/file`',
    'dpkg would refuse `pax`: its data have PAX headers',
  ]);
});
