import { spawnSync } from 'node:child_process';
import { constants } from 'node:fs';
import { copyFile, cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CACHED, ENTRIES } from '../../src/entries.ts';
import { codeCacheFile } from '../../src/launch/code-cache.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('compiled code', () => {
  it.each(CACHED)('of the bundle %s is taken by the Node that made it', (name) => {
    const program = `
      import { readFileSync } from 'node:fs';
      import { Script } from 'node:vm';
      import { readCodeCache } from './dist/src/launch/code-cache.js';
      import { optimizeLate } from './dist/src/optimize-late.js';
      optimizeLate();
      const filename = './dist/bundles/${name}.js';
      const source = readFileSync(filename, 'latin1');
      const cachedData = readCodeCache(filename, source);
      console.log(cachedData !== null && new Script(source, { filename, cachedData }).cachedDataRejected);`;
    const args = ['--input-type=module', '-e', program];
    expect(spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }).stdout).toBe('false\n');
  });

  it('may be written by its owner alone', async () => {
    const names = await readdir(join(ROOT, 'dist/bundles'));
    expect(names.filter((name) => name.includes('.cache'))).toHaveLength(CACHED.length);
    expect(spawnSync('find', ['dist/bundles', '-perm', '/022'], { cwd: ROOT, encoding: 'utf8' }).stdout).toBe(
      '',
    );
  });
});

describe('mkbase', () => {
  let folder: string;
  let bundle: string;
  let cache: string;
  let whole: Buffer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-launch-'));
    for (const part of ['dist', 'recipes', 'docs', 'package.json']) {
      await cp(join(ROOT, part), join(folder, part), { recursive: true, mode: constants.COPYFILE_FICLONE });
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    bundle = join(folder, 'dist/bundles/host.js');
    cache = codeCacheFile(bundle);
    whole = await readFile(cache);
  });
  afterEach(() => writeFile(cache, whole));
  afterAll(() => rm(folder, { recursive: true }));

  it('runs its bundle', async () => {
    // Node reports no coverage of compiled code: the test sees that it loads no module.
    expect(await loadedBy()).toEqual(['dist/bundles/mkbase.cjs']);
  });

  it('runs its bundle where V8 refuses the code, as with other flags', async () => {
    expect(await loadedBy('--no-opt')).toEqual(['dist/bundles/host.js', 'dist/bundles/mkbase.cjs']);
  });

  const damages: readonly (readonly [string, () => Promise<void>])[] = [
    ['is missing', () => rm(cache)],
    ['is empty', () => writeFile(cache, '')],
    ['was cut', () => writeFile(cache, whole.subarray(0, whole.length / 2))],
    ['is that of another bundle', () => copyFile(codeCacheFile(bundle.replace('host', 'image')), cache)],
    ...[0, 30, 60, 5000, 100_000, 400_000].map(
      (at) => [`has another bit at ${at}`, () => writeFile(cache, flipped(whole, at))] as const,
    ),
  ];
  it.each(damages)('runs its modules where the code %s', async (_, damage) => {
    await damage();
    const loaded = await loadedBy();
    expect(loaded).toContain('dist/src/cli/host.js');
    expect(loaded).not.toContain('dist/bundles/host.js');
  });

  it.each(Object.values(ENTRIES))('has the module %s to fall back on', async (file) => {
    expect(await readdir(join(folder, 'dist/src', file, '..'))).toContain(file.split('/').at(-1));
  });

  /** The scripts and modules of mkbase that `mkbase completion` loads. */
  async function loadedBy(...options: readonly string[]): Promise<string[]> {
    const coverage = await mkdtemp(join(folder, 'coverage-'));
    const command = [...options, join(folder, 'dist/bundles/mkbase.cjs'), 'completion', 'bash'];
    const env = { ...process.env, NODE_V8_COVERAGE: coverage };
    const { status, stdout } = spawnSync(process.execPath, command, { env, encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('complete ') });
    const [report = ''] = await readdir(coverage);
    const { result } = JSON.parse(await readFile(join(coverage, report), 'utf8')) as {
      result: readonly { readonly url: string }[];
    };
    const here = pathToFileURL(`${folder}/`).href;
    return result
      .map(({ url }) => (url.startsWith('/') ? pathToFileURL(url).href : url))
      .filter((url) => url.startsWith(here) && !url.includes('/node_modules/'))
      .map((url) => url.slice(here.length))
      .sort();
  }
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}
