import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readTar } from '../../src/formats/tar.ts';
import { build } from '../../src/pipeline/build.ts';
import { jobOf, mirrorOf, suiteSpec, theKey } from '../families/apt/plan-support.ts';
import type { RepositoryPackage } from '../support/apt-repository.ts';

const NAMES: RepositoryPackage = {
  name: 'base-passwd',
  priority: 'required',
  files: {
    'usr/share/base-passwd/passwd.master': 'root:*:0:0:::\nwww-data:*:33:33:::\n',
    'usr/share/base-passwd/group.master': 'root:*:0:\nadm:*:4:\n',
  },
};

const OWNED: RepositoryPackage = {
  name: 'owned',
  depends: 'base-passwd',
  entries: [
    { path: './srv/known', user: 'www-data', group: 'adm', uid: 1000, gid: 1000 },
    { path: './srv/unknown', user: 'nobody-here', group: 'nobody-here', uid: 777, gid: 778 },
    { path: './srv/root', user: 'root', group: 'root', uid: 1000, gid: 1000 },
  ],
};

/** The owners of the entries below /srv in a base of these packages whose scripts do not run. */
async function ownersIn(...packages: readonly RepositoryPackage[]) {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const mirror = await mirrorOf(suiteSpec({ packages }));
  const keyring = join(folder, 'key.asc');
  await writeFile(keyring, (await theKey()).armored);
  const job = jobOf({
    ...{ mirror: mirror.url, keyrings: [keyring], cacheDir: join(folder, 'cache') },
    ...{ mode: 'none', scripts: 'skip', jobs: 1, include: packages.map(({ name }) => name) },
  });
  const path = join(folder, 'out.tar');
  const signal = new AbortController().signal;
  await build([job], [{ kind: 'tar', path, compression: 'none' }], { env: {}, signal, emit: () => {} });
  const entries = readTar(await readFile(path)).filter((entry) => /srv\/./.test(entry.path));
  return Object.fromEntries(entries.map((entry) => [entry.path.split('/').pop(), [entry.uid, entry.gid]]));
}

describe('owners of files, by name, where no script has run', () => {
  it('are those that base-passwd is to make known', async () => {
    expect(await ownersIn(NAMES, OWNED)).toEqual({ known: [33, 4], unknown: [777, 778], root: [0, 0] });
  });

  it('are those of an /etc/passwd that a package brings, before base-passwd’s', async () => {
    const own: RepositoryPackage = {
      name: 'accounts',
      files: { 'etc/passwd': 'root:x:0:0:::\nwww-data:x:80:80:::\n', 'etc/group': 'root:x:0:\n' },
    };
    const { known } = await ownersIn(NAMES, own, { ...OWNED, depends: 'base-passwd, accounts' });
    expect(known).toEqual([80, 1000]);
  });

  it('are the numbers where nobody brings names', async () => {
    const { known } = await ownersIn({ ...NAMES, files: { 'usr/share/doc/x': '' } }, OWNED);
    expect(known).toEqual([1000, 1000]);
  });
});
