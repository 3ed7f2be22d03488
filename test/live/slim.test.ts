import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';

describeWith(['root'], 'a slim bookworm', () => {
  let folder: string;
  let mirror: Mirror;
  let out: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-slim-'));
    out = join(folder, 'out');
    mirror = await startLiveMirror();
    const options = ['--slim', '--quiet', `--cache-dir=${folder}/cache`];
    await run(process.execPath, [MAIN, 'bookworm', out, `${mirror.url}/debian`, ...options]);
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('has licences, the sections of the manual, and no documentation', async () => {
    const doc = await run('chroot', [out, 'find', '/usr/share/doc', '-type', 'f', '!', '-name', 'copyright']);
    expect(doc).toBe('');
    expect(await readdir(join(out, 'usr/share/doc/bash'))).toEqual(['copyright']);
    expect(await readdir(join(out, 'usr/share/man'))).toEqual(expect.arrayContaining(['man1', 'man8']));
    expect(await readdir(join(out, 'usr/share/man/man1'))).toEqual([]);
  });

  it('has no link that leads to nothing, alternatives least of all', async () => {
    const dangling = await run('chroot', [out, 'find', '/etc', '/usr', '/var', '-xtype', 'l']);
    expect(dangling).toBe('');
    expect(await run('chroot', [out, 'dpkg', '--audit'])).toBe('');
  });

  it('leaves out the same of what is installed later', async () => {
    await run('chroot', [out, 'sh', '-c', 'apt-get update && apt-get install -y hello']);
    expect(await readdir(join(out, 'usr/share/doc/hello'))).toEqual(['copyright']);
    expect(await run('chroot', [out, 'hello'])).toBe('Hello, world!\n');
  });
});
