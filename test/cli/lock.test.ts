import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { LOCK_SECTIONS } from '../../src/families/index.ts';
import { readLocks } from '../../src/lock/lock-file.ts';
import { mirrorOf, suiteSpec, theKey } from '../families/apt/plan-support.ts';
import type { RepositoryPackage } from '../support/apt-repository.ts';
import { worldOf } from '../support/streams.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-lock-'));
  await writeFile(join(cwd, 'key.asc'), (await theKey()).armored);
});
afterEach(() => rm(cwd, { recursive: true }));

const BASE = { name: 'base', priority: 'required' };

/** The result of `mkbase ARGUMENTS`, with a mirror of these packages. */
async function mkbase(line: string, packages: readonly RepositoryPackage[] = [BASE]) {
  const { url } = await mirrorOf(suiteSpec({ packages, arches: ['amd64', 'arm64'] }));
  const { world, stdout, stderr } = worldOf({ cwd });
  const origin = `--mirror ${url} --pockets release --keyring key.asc --cache-dir c --debug-now 2026-01-10`;
  const status = await run(
    [...line.split(' '), ...(line.startsWith('diff') ? [] : origin.split(' '))],
    world,
  );
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}

describe('mkbase lock', () => {
  it('prints the lock, and nothing else on standard output', async () => {
    const { status, stdout } = await mkbase('lock bookworm --arch amd64');
    expect(status).toBe(0);
    const [lock, ...others] = await readLocks(stdout, 'x', LOCK_SECTIONS);
    expect(lock).toMatchObject({ arch: 'amd64', epoch: null, packages: [{ name: 'base', version: '1.0' }] });
    expect(others).toEqual([]);
  });

  it('writes several architectures into one file', async () => {
    const packages = [BASE, { ...BASE, arch: 'arm64' }];
    expect(await mkbase('lock bookworm --arch=amd64,arm64 -o l.json', packages)).toMatchObject({
      stdout: '',
    });
    const locks = await readLocks(await readFile(join(cwd, 'l.json'), 'utf8'), 'l.json', LOCK_SECTIONS);
    expect(locks.map(({ arch }) => arch)).toEqual(['amd64', 'arm64']);
  });

  it('--check finds a lock current though its options were others than the defaults', async () => {
    const packages = [BASE, { name: 'extra' }, { name: 'standard', priority: 'standard' }];
    const options = '--arch amd64 --variant standard --include extra --user nobody --docker-settings';
    await mkbase(`lock bookworm ${options} -o l.json`, packages);
    expect(await mkbase('lock --check l.json', packages)).toMatchObject({
      status: 0,
      stdout: 'no difference\n',
    });
  });

  it('--check tells what has changed, and fails', async () => {
    await mkbase('lock bookworm --arch amd64 -o l.json');
    const { status, stdout, stderr } = await mkbase('lock --check l.json', [{ ...BASE, version: '1.1' }]);
    expect(status).toBe(10);
    expect(stdout).toContain('upgraded  base  1.0 → 1.1  release');
    expect(stderr).toContain('error: the lock `l.json` is not current: 1 package changed (1 upgraded)');
  });

  it.each([
    ['lock', 'SUITE is missing'],
    ['lock --check', 'FILE is missing'],
    ['lock --check none.json', 'none.json`: there is none'],
    ['lock bookworm m n', '`m` is neither a mirror nor a file of sources'],
    ['lock bookworm --to x', '`mkbase lock` takes no option `--to`'],
  ])('%s is refused', async (line, message) => {
    expect(await mkbase(line)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
  });
});

describe('mkbase diff', () => {
  beforeEach(async () => {
    await mkbase('lock bookworm --arch amd64 -o a.json');
    await mkbase('lock bookworm --arch amd64 -o b.json', [
      { ...BASE, version: '0.9' },
      { ...BASE, name: 'n' },
    ]);
  });

  it('of two locks shows packages', async () => {
    const { status, stdout } = await mkbase('diff a.json b.json');
    expect(status).toBe(0);
    expect(stdout).toContain('downgraded  base  1.0 → 0.9  release');
    expect(stdout).toContain('added       n     1.0        release');
  });

  it('writes JSON and Markdown, also into a file', async () => {
    const { stdout } = await mkbase('diff a.json b.json --json');
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'changes',
      before: 'a.json',
      packages: [{ name: 'base' }, {}],
    });
    await mkbase('diff a.json b.json --markdown --output c.md');
    expect(await readFile(join(cwd, 'c.md'), 'utf8')).toContain(
      '| base | downgraded | 1.0 | 0.9 | release |',
    );
  });
});
