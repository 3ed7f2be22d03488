import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

  test('takes no package files, and one architecture', async () => {
    for (const option of ['--include=./x.deb', '--include=tool --arch=amd64,i386'])
      expect((await mkbase(`${HOST} out ${option}`)).status).toBe(2);
  });
});
