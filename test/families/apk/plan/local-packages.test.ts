import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ApkSpec, buildApk, makeApkKey, theApkKey } from '../../../support/apk.ts';
import { apkMirror, folderWith, planWith } from '../plan-support.ts';

const MINE: ApkSpec = {
  name: 'mine',
  version: '1-r0',
  info: { depend: 'lib' },
  files: { 'usr/bin/mine': '' },
};

/** A file of this package, as the user names it. */
async function apkFile(spec: ApkSpec): Promise<string> {
  const folder = await folderWith();
  const file = join(folder, `anything.apk`);
  await writeFile(file, buildApk(spec));
  return file;
}

const coded = (code: string) => expect.objectContaining({ code });

async function planFor(localPackages: readonly string[], job: Parameters<typeof planWith>[0] = {}) {
  const mirror = await apkMirror({
    packages: [
      { name: 'lib' },
      { name: 'mine', version: '9-r0' },
      { name: 'user', info: { depend: 'mine' } },
    ],
  });
  return planWith({ ...job, job: { mirror: mirror.url, localPackages, include: ['user'], ...job.job } });
}

describe('a package file of this machine', () => {
  test('is taken, whatever newer the repositories have, with what it needs', async () => {
    const file = await apkFile(MINE);
    const { lock, urlsOf, seedFiles } = await planFor([file]);
    expect(lock.packages.map(({ name, version, pocket, path }) => [name, version, pocket, path])).toEqual([
      ['lib', '1.0-r0', 'main', 'v3.20/main/x86_64/lib-1.0-r0.apk'],
      ['mine', '1-r0', 'local', 'mine-1-r0.apk'],
      ['user', '1.0-r0', 'main', 'v3.20/main/x86_64/user-1.0-r0.apk'],
    ]);
    expect(urlsOf('mine-1-r0.apk', 'local')).toEqual([`file://${file}`]);
    const world = seedFiles.find(({ path }) => path === 'etc/apk/world')?.content;
    expect(world).toMatch(/^mine><Q1.{27}=\nuser\n$/);
    expect(JSON.stringify(lock)).not.toContain(file);
  });

  test('must be signed by a key that counts, the user’s or the recipe’s', async () => {
    const own = makeApkKey('own.rsa.pub');
    const file = await apkFile({ ...MINE, key: own });
    await expect(planFor([file])).rejects.toThrowError(coded('signature/unknown-key'));
    const folder = await folderWith({ 'own.rsa.pub': own.publicPem });
    const keyrings = [join(folder, 'own.rsa.pub')];
    // The index is still signed by the recipe's.
    const { lock, seedFiles } = await planFor([file], { job: { keyrings } });
    expect(lock.indexes[0]?.signedBy).toBe(theApkKey().name);
    expect(seedFiles.map(({ path }) => path)).not.toContain('etc/apk/keys/own.rsa.pub');
  });

  test.each<[string, string, ApkSpec]>([
    ['without a signature', 'signature/missing', { ...MINE, key: null }],
    ['of another architecture', 'package/wrong-architecture', { ...MINE, arch: 's390x' }],
    ['with a version that is none', 'package/bad-control', { ...MINE, version: '../x' }],
  ])('%s is refused', async (_, code, spec) => {
    await expect(planFor([await apkFile(spec)])).rejects.toThrowError(coded(code));
  });

  test('that is no package is refused by its name', async () => {
    const file = join(await folderWith({ 'x.apk': 'nothing' }), 'x.apk');
    await expect(planFor([file])).rejects.toThrowError(coded('package/not-an-apk'));
    await expect(planFor([file])).rejects.toThrowError('cannot read `x.apk`');
  });

  test('that is given twice is refused', async () => {
    const files = [await apkFile(MINE), await apkFile({ ...MINE, version: '2-r0' })];
    await expect(planFor(files)).rejects.toThrowError(coded('usage/conflict'));
  });

  test('is named again beside its lock', async () => {
    const file = await apkFile(MINE);
    const { lock } = await planFor([file]);
    expect((await planFor([file], { job: { lock } })).lock).toEqual(lock);
    await expect(planFor([], { job: { lock } })).rejects.toThrowError(coded('lock/other-packages'));
  });
});
