import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { buildDeb } from '../support/deb.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { makeKey } from './archive-shapes.ts';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';

describeWith(['root', 'reprepro', 'gpg'], 'a derivative of Debian that reprepro makes', () => {
  let folder: string;
  let debian: Mirror;
  let acme: TestServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-acme-'));
    await chmod(folder, 0o755);
    debian = await startLiveMirror();
    acme = await startServer(folder);
    const { keyring } = await makeKey(join(folder, 'gpg'));
    await publish(join(folder, 'acme'));
    await copyFile(keyring, join(folder, 'acme.gpg'));
    await writeFile(
      join(folder, 'anvil.yaml'),
      `like: debian:bookworm
distribution: acme
suite: anvil
pockets:
  release: { suite: bookworm, mirrors: { default: ['${debian.url}/debian'] } }
  updates: null
  security: null
  acme:
    suite: anvil
    components: [tools, extra]
    mirrors: { default: ['${acme.url}/acme'] }
    keys: [acme.gpg]
    separate: { signedBy: null }
`,
    );
  });
  afterAll(async () => {
    await debian?.close();
    await acme?.close();
    await run('gpgconf', ['--homedir', join(folder, 'gpg'), '--kill', 'all']);
    await rm(folder, { recursive: true, force: true });
  });

  /** Two components; `hostname` takes the place of Debian's. */
  async function publish(archive: string): Promise<void> {
    await mkdir(join(archive, 'conf'), { recursive: true });
    const fields = { Origin: 'Acme', Codename: 'anvil', Components: 'tools extra', Architectures: 'amd64' };
    const text = Object.entries({ ...fields, SignWith: 'yes' }).map((field) => field.join(': '));
    await writeFile(join(archive, 'conf/distributions'), `${text.join('\n')}\n`);
    for (const [component, name, version, depends] of [
      ['tools', 'acme-tool', '1.0', 'hostname (>= 4), acme-data'],
      ['extra', 'acme-data', '2.0', ''],
      ['tools', 'hostname', '4.0+acme1', ''],
    ] as const) {
      const control = { postinst: `#!/bin/sh\necho ${name} >> /var/lib/acme\n` };
      const files = { [`usr/share/${name}/version`]: version };
      const fields = { Maintainer: 'Acme <acme@example.org>', Section: 'admin', Priority: 'optional' };
      const deb = await buildDeb({ name, version, depends, files, control, fields });
      await writeFile(join(folder, `${name}.deb`), deb);
      const home = `GNUPGHOME=${join(folder, 'gpg')}`;
      const include = ['-b', archive, '-C', component, 'includedeb', 'anvil', join(folder, `${name}.deb`)];
      await run('env', [home, 'reprepro', '--silent', ...include]);
    }
  }

  const mkbase = (...args: readonly string[]) =>
    run('sh', ['-c', `cd ${folder} && exec "$@"`, 'sh', process.execPath, MAIN, ...args]);

  it('is built from a short recipe, and apt updates in it, each source by its own keys', async () => {
    expect(await mkbase('recipe', 'check', 'anvil.yaml')).toContain('acme:anvil');
    await mkbase('./anvil.yaml', 'out', '--include=acme-tool', '--quiet');
    const out = join(folder, 'out');
    const query = ['--root', out, '-W', '-f', `\${Version}\n`, 'hostname', 'acme-tool', 'acme-data'];
    expect(await run('dpkg-query', query)).toBe('2.0\n1.0\n4.0+acme1\n');
    expect((await readFile(join(out, 'var/lib/acme'), 'utf8')).split('\n').sort()).toContain('acme-tool');
    await run('chroot', [out, 'apt-get', 'update', '-o', 'APT::Update::Error-Mode=any']);
    const lists = await readdir(join(out, 'var/lib/apt/lists'));
    expect(lists.filter((name) => name.includes('anvil'))).not.toEqual([]);
    const sources = await readFile(join(out, 'etc/apt/sources.list.d/acme.sources'), 'utf8');
    expect(sources).toMatch(
      /Suites: bookworm\nComponents: main\nSigned-By: \/usr\/share\/keyrings\/debian-archive/,
    );
    expect(sources).toMatch(/Suites: anvil\nComponents: tools extra\nSigned-By: ?\n -----BEGIN PGP/);
  });

  it('is built again from its lock, described and compared without the recipe', async () => {
    await mkbase('./anvil.yaml', 'one.tar', '--include=acme-tool', '--quiet');
    await rm(join(folder, 'anvil.yaml'));
    await mkbase('acme:anvil', 'two.tar', '--lock=one.tar.lock.json', '--include=acme-tool', '--quiet');
    const [one, two] = await Promise.all(['one.tar', 'two.tar'].map((name) => readFile(join(folder, name))));
    expect(one!.equals(two!)).toBe(true);
    expect(await mkbase('sbom', 'one.tar.lock.json')).toContain('pkg:deb/acme/hostname@4.0%2Bacme1');
    expect(await mkbase('diff', 'one.tar.lock.json', 'two.tar.lock.json')).toBe('no difference\n');
  });
});
