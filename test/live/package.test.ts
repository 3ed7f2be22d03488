import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from './needs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describeWith(['npm'], 'the package that npm packs', () => {
  let elsewhere: string;
  beforeAll(async () => {
    elsewhere = await mkdtemp(join(tmpdir(), 'mkbase-pack-'));
    // The built program is packed as it is: a rebuild would take it away from the other tests.
    npm(ROOT, 'pack', '--ignore-scripts', `--pack-destination=${elsewhere}`);
    const [archive] = await readdir(elsewhere);
    npm(elsewhere, 'install', '--omit=dev', '--no-audit', '--no-fund', join(elsewhere, archive!));
  });
  afterAll(() => rm(elsewhere, { recursive: true }));

  it('runs where it is installed', () => {
    expect(mkbase('--version')).toMatch(/^mkbase \d/);
    expect(JSON.parse(mkbase('list', '--json'))).toContainEqual(
      expect.objectContaining({ suite: 'bookworm' }),
    );
  });

  it('carries keys, manual and schemas, and neither sources nor tests', async () => {
    const files = await readdir(join(elsewhere, 'node_modules/mkbase'), { recursive: true });
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'dist/man/mkbase.1',
        'docs/mkbase.1.md',
        'docs/lock.schema.json',
        'docs/events.schema.json',
        'recipes/keys/debian-bookworm-stable.asc',
      ]),
    );
    expect(files.filter((file) => /^(src|test)\b/.test(file))).toEqual([]);
  });

  it('plans from the real mirror with the keys it carries', () => {
    const cache = `--cache-dir=${join(elsewhere, 'cache')}`;
    const names = mkbase('bookworm', '--print-debs', '--variant=essential', cache).trimEnd().split(' ');
    expect(names).toEqual(expect.arrayContaining(['base-files', 'bash', 'dpkg', 'libc6']));
  });

  function mkbase(...args: readonly string[]): string {
    return execFileSync(join(elsewhere, 'node_modules/.bin/mkbase'), args, {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  }
});

function npm(cwd: string, ...args: readonly string[]): void {
  execFileSync('npm', args, { cwd, stdio: 'pipe' });
}
