import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { worldOf } from '../support/streams.ts';

let cwd: string;

async function put(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(cwd, name)), { recursive: true });
  await writeFile(join(cwd, name), text);
}

async function mkbase(line: string) {
  const { world, stdout, stderr } = worldOf({ cwd, env: { HOME: cwd } });
  const status = await run(line.split(' '), world);
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}

const stanza = (name: string) =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\nDescription: ${name}\n`;

/** A host with one package. */
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-host-test-'));
  await put('root/etc/os-release', 'ID=debian\nVERSION_CODENAME=bookworm\n');
  await put('root/var/lib/dpkg/status', stanza('tool'));
  await put('root/var/lib/dpkg/info/tool.list', '/.\n/usr\n/usr/bin\n/usr/bin/tool\n');
  await put('root/usr/bin/tool', 'the tool');
});
afterEach(() => rm(cwd, { recursive: true }));

const HOST = 'host --root root --cache-dir cache';

describe('mkbase host', () => {
  test('makes a base of what is installed, again from its lock, and asks no network', async () => {
    expect(await mkbase(`${HOST} one.tar --include=tool --quiet`)).toMatchObject({ status: 0, stderr: '' });
    const lock = JSON.parse(await readFile(join(cwd, 'one.tar.lock.json'), 'utf8'));
    expect(lock.packages).toMatchObject([{ name: 'tool', pocket: 'local', path: 'host/tool_1.0_all.deb' }]);
    expect(lock.indexes).toEqual([]);
    await mkbase(`${HOST} two.tar --lock=one.tar.lock.json --quiet`);
    const [one, two] = await Promise.all(['one.tar', 'two.tar'].map((name) => readFile(join(cwd, name))));
    expect(one!.equals(two!)).toBe(true);
    expect(one!.includes('the tool')).toBe(true);
  });

  test('with --print-debs names the packages and makes nothing', async () => {
    expect((await mkbase(`${HOST} --include=tool --print-debs --quiet`)).stdout).toBe('tool\n');
  });

  test('says that scripts are left out where nothing could run them', async () => {
    const { stderr } = await mkbase(`${HOST} --include=tool --print-debs`);
    expect(stderr).toContain('notice: scripts are left out');
  });

  test('that does not say what it is is refused', async () => {
    await put('root/etc/os-release', '');
    const { status, stderr } = await mkbase(`${HOST} out --include=tool`);
    expect(status).toBe(3);
    expect(stderr).toContain('does not say what distribution it is');
  });

  test('whose packages cannot be taken again is refused', async () => {
    await put('root/etc/os-release', 'ID=alpine\nVERSION_ID=3.20\n');
    const { status, stderr } = await mkbase(`${HOST} out --include=tool --variant=base`);
    expect(status).toBe(3);
    expect(stderr).toContain('cannot be taken again');
  });

  test('without the packages of a lock is refused', async () => {
    await mkbase(`${HOST} one.tar --include=tool --quiet`);
    await put('root/var/lib/dpkg/status', stanza('other'));
    const { status, stderr } = await mkbase(`${HOST} two.tar --lock=one.tar.lock.json`);
    expect(status).toBe(10);
    expect(stderr).toContain('`tool 1.0` is not installed in ');
  });

  describe('with --prepare', () => {
    beforeEach(async () => {
      const sum = createHash('md5').update('as shipped\n').digest('hex');
      await put('root/var/lib/dpkg/status', `${stanza('tool')}Conffiles:\n /etc/tool.conf ${sum}\n`);
      await put(
        'root/var/lib/dpkg/info/tool.list',
        '/.\n/etc\n/etc/tool.conf\n/usr\n/usr/bin\n/usr/bin/tool\n',
      );
      await put('root/etc/tool.conf', 'changed here\n');
      expect(await mkbase(`${HOST} --prepare form --include=tool --quiet`)).toMatchObject({ status: 0 });
    });

    test('writes names of packages and changed conffiles, which go into the base on another host', async () => {
      expect(JSON.parse(await readFile(join(cwd, 'form/host.json'), 'utf8'))).toEqual({
        ...{ version: 1, distribution: 'debian', variant: 'custom' },
        ...{ include: ['tool'], exclude: [], recommends: false },
      });
      await put('root/etc/tool.conf', 'as shipped\n');
      await put('root/usr/bin/tool', 'the tool of the other host');
      expect(await mkbase(`${HOST} --build form out.tar --quiet`)).toMatchObject({ status: 0, stderr: '' });
      const tar = await readFile(join(cwd, 'out.tar'));
      expect(tar.includes('the tool of the other host')).toBe(true);
      expect(tar.includes('changed here')).toBe(true);
      expect(tar.includes('as shipped')).toBe(false);
    });

    test.each([
      ['{', 3, 'is not what `mkbase host --prepare` writes'],
      [
        `{"version":1,"distribution":7,"variant":null,"include":[],"exclude":[],"recommends":false}`,
        3,
        '`distribution`',
      ],
      ['{"version": 2}', 3, 'has version 2'],
    ])('refuses the form %s', async (text, status, message) => {
      await put('form/host.json', text);
      const refused = await mkbase(`${HOST} --build form out`);
      expect(refused.status).toBe(status);
      expect(refused.stderr).toContain(message);
    });

    test('is refused by a host of another distribution', async () => {
      await put('root/etc/os-release', 'ID=ubuntu\nVERSION_CODENAME=noble\n');
      expect((await mkbase(`${HOST} --build form out`)).stderr).toContain('was prepared for `debian`');
    });

    test.each(['--build form out --include=tool', '--build form out --lock=x', '--build nothing out'])(
      'refuses %s',
      async (line) => expect((await mkbase(`${HOST} ${line}`)).status).not.toBe(0),
    );
  });

  describe('with --if-newer', () => {
    const IF_NEWER = `${HOST} --include=tool --if-newer`;

    test('makes nothing while nothing has changed, and replaces a base that is older', async () => {
      await mkbase(`${IF_NEWER} out --quiet`);
      expect((await mkbase(`${IF_NEWER} out`)).stderr).toContain('is newer than the packages of this host');
      await put('root/usr/bin/tool', 'a newer tool');
      await put('root/var/lib/dpkg/status', stanza('tool').replace('1.0', '1.1'));
      expect(await mkbase(`${IF_NEWER} out --quiet`)).toMatchObject({ status: 0, stderr: '' });
      expect(await readFile(join(cwd, 'out/usr/bin/tool'), 'utf8')).toBe('a newer tool');
      expect((await readdir(cwd)).sort()).toEqual(['.local', 'cache', 'out', 'out.lock.json', 'root']);
    });

    test('keeps a base that cannot be made again', async () => {
      await mkbase(`${IF_NEWER} out --quiet`);
      await put('root/var/lib/dpkg/status', stanza('other'));
      expect((await mkbase(`${IF_NEWER} out`)).status).not.toBe(0);
      expect(await readFile(join(cwd, 'out/usr/bin/tool'), 'utf8')).toBe('the tool');
    });

    test('does not replace a directory that is no base', async () => {
      await put('out/mine', 'mine');
      await put('root/var/lib/dpkg/status', stanza('tool'));
      expect((await mkbase(`${IF_NEWER} out`)).stderr).toContain('the directory is not empty');
    });

    test('takes no image', async () => {
      expect((await mkbase(`${IF_NEWER} oci:out`)).stderr).toContain('needs a directory or a tar');
    });
  });

  test('takes no package files, and one architecture', async () => {
    for (const option of ['--include=./x.deb', '--include=tool --arch=amd64,i386'])
      expect((await mkbase(`${HOST} out ${option}`)).status).toBe(2);
  });
});
