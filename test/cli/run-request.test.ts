import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/bundles/mkbase.cjs', import.meta.url));

async function start() {
  const cwd = await mkdtemp(join(tmpdir(), 'mkbase-run-'));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const mkbase = (args: readonly string[], input = '') => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      ...{ cwd, input, encoding: 'utf8' },
    });
    return { status, stdout, stderr };
  };
  return { cwd, mkbase };
}

describe('--print-request', () => {
  it('prints the request with absolute targets, and makes nothing', async () => {
    const { cwd, mkbase } = await start();
    const words = ['bookworm', 'out.tar', '--to=oci:image:one', '--to=docker://registry.example/base'];
    const { status, stdout } = mkbase([...words, '--tag=two', '--print-request']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      targets: [join(cwd, 'out.tar'), `oci:${cwd}/image:one`, 'docker://registry.example/base'],
      tags: ['two'],
    });
    expect(await readdir(cwd)).toEqual([]);
  });

  it('holds the room of file systems', async () => {
    const { mkbase } = await start();
    const { stdout } = mkbase(['bookworm', 'out.ext4', '--free=1M', '--print-request']);
    expect(JSON.parse(stdout)).toMatchObject({ room: { size: null, free: 2 ** 20 } });
  });

  it.each(['--simulate', '--print-debs'])('is not taken beside %s', async (other) => {
    const { mkbase } = await start();
    expect(mkbase(['bookworm', 'x', '--print-request', other])).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('mkbase run', () => {
  it('takes a request from a file or from standard input, with the options of its host', async () => {
    const { cwd, mkbase } = await start();
    const { stdout } = mkbase(['bookworm', '-', 'http://127.0.0.1:9/debian', '--print-request']);
    await writeFile(join(cwd, 'r.json'), stdout);
    for (const result of [
      mkbase(['run', 'r.json', '--offline']),
      mkbase(['run', '-', '--offline'], stdout),
    ]) {
      expect(result).toMatchObject({ status: 4, stdout: '' });
      expect(result.stderr).toContain('the cache holds no Release of `bookworm`');
    }
  });

  it('refuses a request that is not there, or is none', async () => {
    const { mkbase } = await start();
    const missing = mkbase(['run', 'none.json', '--json']);
    expect(missing).toMatchObject({ status: 65, stdout: '' });
    expect(JSON.parse(missing.stderr)).toMatchObject({ code: 'request/unreadable' });
    expect(mkbase(['run', '-'], '{}').stderr).toContain('the request `standard input`: `version` is missing');
    expect(mkbase(['run'])).toMatchObject({ status: 2 });
  });

  it('takes no option that a request has', async () => {
    const { mkbase } = await start();
    expect(mkbase(['run', 'r.json', '--include=hello'])).toMatchObject({ status: 2 });
  });
});
