/** Locks of suites that this mkbase does not know: they say all that is needed. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { LOCK_SECTIONS } from '../../src/families/index.ts';
import { makeLock } from '../../src/lock/lock.ts';
import { readLocks, writeLocks } from '../../src/lock/lock-file.ts';
import { apkMirror } from '../families/apk/plan-support.ts';
import { mirrorOf, suiteSpec, theKey } from '../families/apt/plan-support.ts';
import { theApkKey } from '../support/apk.ts';
import { worldOf } from '../support/streams.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-lock-'));
});
afterEach(() => rm(cwd, { recursive: true }));

async function mkbase(line: string): Promise<string> {
  const { world, stdout, stderr } = worldOf({ cwd });
  const cache = /^(inspect|diff) /.test(line) ? [] : ['--cache-dir=c'];
  const status = await run([...line.split(' '), ...cache], world);
  expect([status, stderr.text()], line).toEqual([0, expect.any(String)]);
  return stdout.text();
}

async function aptSuite() {
  await writeFile(join(cwd, 'key.asc'), (await theKey()).armored);
  const { url } = await mirrorOf(suiteSpec({ packages: [{ name: 'base', priority: 'required' }] }));
  return {
    url,
    ask: 'bookworm',
    options: '--arch=amd64 --pockets=release --keyring=key.asc --debug-now=2026-01-10',
  };
}

async function apkSuite() {
  const { name, publicPem } = theApkKey();
  await writeFile(join(cwd, name), publicPem);
  const { url } = await apkMirror({ packages: [{ name: 'base', files: { 'etc/x': 'x' } }] });
  return {
    url,
    ask: 'alpine:3.20',
    options: `--arch=x86_64 --components=main --variant=empty --include=base --keyring=${name}`,
  };
}

describe.each([
  ['apt', aptSuite],
  ['apk', apkSuite],
])('a lock of an unknown suite of the family %s', (family, suite) => {
  it('is built, compared, listed and inspected as one that is known', async () => {
    const { url, ask, options } = await suite();
    await mkbase(`lock ${ask} --mirror=${url} --scripts=skip ${options} -o known.json`);
    const [known] = readLocks(await readFile(join(cwd, 'known.json'), 'utf8'), 'known', LOCK_SECTIONS);
    const unknown = makeLock(
      {
        ...known!,
        recipe: { ...known!.recipe, name: 'acme:one', distribution: 'acme', suite: 'one', release: null },
        indexes: known!.indexes.map((index) => ({ ...index, uri: url })),
      },
      LOCK_SECTIONS[family]!,
    );
    await writeFile(join(cwd, 'unknown.json'), writeLocks([unknown]));
    await mkbase(`${ask} known.tar --mirror=${url} --lock=known.json --scripts=skip --mode=none`);
    await mkbase('one unknown.tar --lock=unknown.json --scripts=skip --mode=none');
    expect(await readFile(join(cwd, 'unknown.tar'))).toEqual(await readFile(join(cwd, 'known.tar')));
    await mkbase('acme:one oci-archive:image.tar --lock=unknown.json --scripts=skip --mode=none');
    expect(await mkbase('inspect image.tar')).toContain('mkbase acme:one');
    expect(await mkbase('sbom unknown.json')).toContain(`/acme/base@`);
    expect(await mkbase('diff known.json unknown.json')).toContain('acme:one');
  });
});
