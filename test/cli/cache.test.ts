import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { folderOfFile } from '../support/folder.ts';

async function say(cacheDir: string, ...words: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const world = {
    env: {},
    cwd: '/',
    stdin: async () => '',
    stdout,
    stderr,
    signal: new AbortController().signal,
  };
  const status = await run(['cache', ...words, `--cache-dir=${cacheDir}`], world);
  return { status, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

async function cacheOfTwo(): Promise<string> {
  const cacheDir = await folderOfFile();
  for (const [index, path] of ['sha256/ab', 'derived/0123456789abcdef/result/ab'].entries()) {
    const file = join(cacheDir, 'v1', path, 'c'.repeat(62));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, Buffer.alloc(1500));
    await utimes(file, 1_700_000_000 + index, 1_700_000_000 + index);
  }
  return cacheDir;
}

describe('mkbase cache', () => {
  it('shows what is in it', async () => {
    const cacheDir = await cacheOfTwo();
    expect((await say(cacheDir)).out).toBe(
      [
        'kind     files    size  used from             to',
        'fetched      1  1.5 kB  2023-11-14T22:13:20Z  2023-11-14T22:13:20Z',
        'result       1  1.5 kB  2023-11-14T22:13:21Z  2023-11-14T22:13:21Z',
        'total        2  3.0 kB',
        '',
      ].join('\n'),
    );
    const moment = '2023-11-14T22:13:20Z';
    expect(JSON.parse((await say(cacheDir, '--json')).out)).toMatchObject({
      directory: cacheDir,
      kinds: [{ kind: 'fetched', files: 1, bytes: 1500, oldest: moment, newest: moment }, { kind: 'result' }],
    });
  });

  it('removes what was of use longest ago', async () => {
    const cacheDir = await cacheOfTwo();
    expect((await say(cacheDir, 'prune')).out).toBe('removed 0 files, 0 B\n');
    expect((await say(cacheDir, 'prune', '--cache-size=2K')).out).toBe('removed 1 file, 1.5 kB\n');
    expect(await readdir(join(cacheDir, 'v1/sha256/ab'))).toEqual([]);
    const { out } = await say(cacheDir, 'prune', '--cache-size=1', '--json');
    expect(JSON.parse(out)).toEqual({ directory: cacheDir, removed: { files: 1, bytes: 1500 } });
  });

  it('takes no other word', async () => {
    expect(await say('/nonexistent', 'clear')).toMatchObject({
      status: 2,
      err: expect.stringContaining('`clear`'),
    });
  });
});
