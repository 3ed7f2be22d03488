import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LOCK_SECTIONS } from '../../../../src/families/index.ts';
import { readLocks, writeLocks } from '../../../../src/lock/lock-file.ts';
import { makeApkKey, theApkKey } from '../../../support/apk.ts';
import type { RepositorySpec } from '../../../support/apk-repository.ts';
import { apkMirror, folderWith, inputsWith, NOW, type PlanOptions, planWith } from '../plan-support.ts';

const PACKAGES = [
  { name: 'app', version: '2-r1', info: { depend: ['lib>=1', 'so:x'] }, built: 1_600_500_000 },
  { name: 'lib', version: '1.5-r0', info: { provides: 'so:x=1' } },
  { name: 'lib', version: '0.9-r0' },
  { name: 'data' },
];

const coded = (code: string) => expect.objectContaining({ code });

describe('a plan of an Alpine base', () => {
  test('has the packages in the order of installation, and what they are checked by', async () => {
    const mirror = await apkMirror({ packages: PACKAGES });
    const plan = await planWith({ job: { mirror: mirror.url, include: ['app', 'data'] } });
    expect(plan.lock.packages.map(({ name, version, reason }) => [name, version, reason])).toEqual([
      ['lib', '1.5-r0', 'dependency'],
      ['app', '2-r1', 'requested'],
      ['data', '1.0-r0', 'requested'],
    ]);
    const [lib] = plan.lock.packages;
    expect(lib).toMatchObject({ pocket: 'main', path: 'v3.20/main/x86_64/lib-1.5-r0.apk', arch: 'x86_64' });
    expect(lib?.digest).toMatch(/^apk:[0-9a-f]{40}$/);
    expect(plan.urlsOf(lib?.path ?? '', 'main')).toEqual([`${mirror.url}/${lib?.path}`]);
    expect(plan.lock.indexes).toMatchObject([
      { pocket: 'main', suite: 'v3.20', date: '2020-09-19T07:20:00Z', signedBy: theApkKey().name },
    ]);
  });

  test('writes what apk keeps in etc/apk', async () => {
    const mirror = await apkMirror({ packages: PACKAGES }, { folder: 'v3.20/other', packages: [] });
    const job = {
      mirror: mirror.url,
      include: ['lib>1', 'data'],
      exclude: ['app'],
      components: ['main', 'other'],
    };
    const { seedFiles } = await planWith({ job });
    expect(Object.fromEntries(seedFiles.map(({ path, content }) => [path, content]))).toEqual({
      'etc/apk/arch': 'x86_64\n',
      'etc/apk/repositories': `${mirror.url}/v3.20/main\n${mirror.url}/v3.20/other\n`,
      'etc/apk/world': '!app\ndata\nlib>1\n',
    });
  });

  test('names the recipe’s mirror where none was given, and no credentials where one was', async () => {
    const mirror = await apkMirror({ packages: PACKAGES });
    const repositories = async (options: PlanOptions) =>
      (await planWith(options)).seedFiles.find(({ path }) => path === 'etc/apk/repositories')?.content;
    expect(await repositories({ mirrors: [mirror.url] })).toBe(`${mirror.url}/v3.20/main\n`);
    const withPassword = mirror.url.replace('http://', 'http://user:secret@');
    expect(await repositories({ job: { mirror: withPassword } })).toBe(`${mirror.url}/v3.20/main\n`);
  });

  test('puts a key of the user’s own that signed into the image', async () => {
    const key = makeApkKey('mine-1.rsa.pub');
    const folder = await folderWith({ 'mine-1.rsa.pub': key.publicPem });
    const mirror = await apkMirror({ packages: PACKAGES, key });
    const keyrings = [join(folder, 'mine-1.rsa.pub')];
    const { seedFiles } = await planWith({ job: { mirror: mirror.url, keyrings } });
    expect(seedFiles.find(({ path }) => path === 'etc/apk/keys/mine-1.rsa.pub')?.content).toBe(key.publicPem);
  });

  test('appends the package of the release files, for the variant of the official image alone', async () => {
    const mirror = await apkMirror({
      packages: [
        ...PACKAGES,
        { name: 'alpine-release', version: '3.20.1-r0' },
        { name: 'alpine-release', version: '3.20.3-r0' },
      ],
    });
    const plan = await planWith({ job: { mirror: mirror.url, variant: 'minirootfs', include: ['data'] } });
    expect(plan.lock.packages.map(({ name, version }) => [name, version])).toEqual([
      ['data', '1.0-r0'],
      ['alpine-release', '3.20.3-r0'],
    ]);
    expect(plan.lock.family!.image).toEqual({ rootPassword: '*', releaseFiles: 'alpine-release' });
    const bare = await apkMirror({ packages: PACKAGES });
    const { warnings } = await planWith({ job: { mirror: bare.url, variant: 'minirootfs' } });
    expect(warnings).toEqual([
      'no repository has `alpine-release`: the base does not say what release it is',
    ]);
    // Known before packages are chosen, though the lock says what came of it.
    const job = { mirror: mirror.url, variant: 'minirootfs', include: ['data'] } as const;
    expect(await inputsWith({ job })).toBe(plan.lock.inputsDigest);
    const edited = {
      mirrors: ['http://official.example/alpine', 'http://b.example'],
      recipe: { aliases: ['new'] },
    };
    expect(await inputsWith({ job, ...edited })).toBe(plan.lock.inputsDigest);
    const base = await planWith({ job: { mirror: mirror.url, variant: 'base', include: ['data'] } });
    expect(base.lock.family!.image).toMatchObject({ releaseFiles: null });
  });

  test('holds a point release to the version of the release’s own packages', async () => {
    const packages = [...PACKAGES, { name: 'alpine-base', version: '3.20.3-r0' }];
    const mirror = await apkMirror({ packages });
    const plan = (suite: string) => planWith({ job: { mirror: mirror.url, suite } });
    await expect(plan('alpine:3.20.3')).resolves.toBeDefined();
    await expect(plan('alpine:3.20.4')).rejects.toMatchObject({
      code: 'resolution/other-point-release',
      message: '`alpine:3.20.4` is asked for, and the archive has `3.20.3`',
    });
  });

  test('takes a package from the first of the repositories that has it', async () => {
    const mirror = await apkMirror(
      { packages: [{ name: 'app', version: '1-r0' }] },
      { folder: 'v3.20/community', packages: [{ name: 'app', version: '1-r0' }, { name: 'more' }] },
    );
    const job = { mirror: mirror.url, components: ['main', 'community'], include: ['app', 'more'] };
    const { lock } = await planWith({ job });
    expect(lock.packages.map(({ name, pocket }) => [name, pocket])).toEqual([
      ['app', 'main'],
      ['more', 'community'],
    ]);
  });

  test('is the same from its lock, with no question to the mirror', async () => {
    const mirror = await apkMirror({ packages: PACKAGES });
    const first = await planWith({ job: { mirror: mirror.url, include: ['app'] } });
    const [lock = null] = await readLocks(writeLocks([first.lock]), 'lock', LOCK_SECTIONS);
    const asked = mirror.requests.length;
    const again = await planWith({ job: { mirror: mirror.url, lock, variant: 'empty' } });
    expect(mirror.requests.length).toBe(asked);
    expect(again.lock).toEqual(first.lock);
    expect(again.seedFiles).toEqual(first.seedFiles);
    const { path } = again.lock.packages[0]!;
    expect(again.urlsOf(path, 'main')).toEqual(first.urlsOf(path, 'main'));
  });

  test('works offline from what was seen before', async () => {
    const mirror = await apkMirror({ packages: PACKAGES });
    const cache = await folderWith();
    const job = { mirror: mirror.url, include: ['app'] };
    const { lock } = await planWith({ job, cache });
    expect((await planWith({ job: { ...job, offline: true }, cache })).lock).toEqual(lock);
    await expect(planWith({ job: { ...job, offline: true } })).rejects.toThrowError(coded('network/offline'));
  });

  test('goes to the next mirror where one lags or is down', async () => {
    const lagging = await apkMirror({ packages: PACKAGES.slice(1) });
    const current = await apkMirror({ packages: PACKAGES });
    const cache = await folderWith();
    await planWith({ mirrors: [current.url], cache });
    const plan = await planWith({
      ...{ mirrors: ['http://127.0.0.1:9', lagging.url, current.url], cache },
      job: { include: ['app'] },
    });
    expect(plan.urlsOf('x', 'main')[0]).toBe(`${current.url}/x`);
    expect(plan.warnings).toContain(
      'a mirror of `alpine:v3.20` was passed over: network/refused, signature/rollback',
    );
  });

  test('says that a supported branch gets nothing new', async () => {
    const mirror = await apkMirror({ packages: PACKAGES });
    const now = new Date('2021-10-01T00:00:00Z');
    const { warnings } = await planWith({ job: { mirror: mirror.url, now } });
    expect(warnings).toEqual(['the newest package of `main` is 376 days old: the mirror may be out of date']);
    expect((await planWith({ job: { mirror: mirror.url, now: NOW } })).warnings).toEqual([]);
  });
});

describe('what is wrong with a repository', () => {
  test.each<[string, string, Partial<RepositorySpec>]>([
    ['an unsigned index', 'signature/missing', { key: null }],
    ['an index signed by another key', 'signature/unknown-key', { key: makeApkKey('other.rsa.pub') }],
    ['the index of another branch', 'signature/wrong-suite', { description: 'v3.19.4-1-gabc' }],
    ['the index of edge', 'signature/wrong-suite', { description: 'v20240606-1-gabc' }],
    [
      'the index of another architecture',
      'signature/wrong-arch',
      { edit: (text) => text.replace('A:x86_64', 'A:s390x') },
    ],
    [
      'an index from the future',
      'signature/date-in-future',
      { packages: [{ name: 'new', built: 1_700_000_000 }] },
    ],
  ])('%s is refused', async (_, code, change) => {
    const mirror = await apkMirror({ packages: PACKAGES, ...change });
    await expect(planWith({ job: { mirror: mirror.url } })).rejects.toThrowError(coded(code));
  });

  test('a changed index ends the search for a good one', async () => {
    const mirror = await apkMirror({ packages: PACKAGES });
    const good = await apkMirror({ packages: PACKAGES });
    const path = 'v3.20/main/x86_64/APKINDEX.tar.gz';
    // The same signature before another index.
    const [ours, theirs] = [mirror.files.get(path)!, (await apkMirror({ packages: [] })).files.get(path)!];
    const start = (bytes: Buffer) => bytes.indexOf(Buffer.from([0x1f, 0x8b, 8]), 10);
    mirror.files.set(path, Buffer.concat([ours.subarray(0, start(ours)), theirs.subarray(start(theirs))]));
    const mirrors = [mirror.url, good.url];
    await expect(planWith({ mirrors })).rejects.toThrowError(coded('signature/bad'));
  });

  test('an index of format 3 is named as such', async () => {
    const mirror = await apkMirror({ packages: [] });
    mirror.files.set('v3.20/main/x86_64/APKINDEX.tar.gz', Buffer.from('ADBd and more'));
    await expect(planWith({ job: { mirror: mirror.url } })).rejects.toThrowError(coded('package/apk-v3'));
  });

  test('SHA-1 counts only where the distribution still signs so', async () => {
    const mirror = await apkMirror({ packages: PACKAGES, algorithm: 'RSA' });
    const { warnings } = await planWith({ job: { mirror: mirror.url } });
    expect(warnings).toEqual([
      'the indexes of `alpine:v3.20` are signed with SHA-1, as this distribution still does',
    ]);
    const strict = planWith({ job: { mirror: mirror.url }, recipe: { signsWithSha1: false } });
    await expect(strict).rejects.toThrowError(coded('signature/weak'));
  });

  test('a component that the mirror does not have is named', async () => {
    const mirror = await apkMirror({ packages: PACKAGES });
    const missing = planWith({ job: { mirror: mirror.url, components: ['main', 'testing'] } });
    await expect(missing).rejects.toThrowError(coded('network/missing-index'));
    await expect(missing).rejects.toThrowError('v3.20/testing/x86_64/APKINDEX.tar.gz');
  });

  test('an architecture without a key needs one given', async () => {
    const mirror = await apkMirror({ packages: [], arch: 'loongarch64' });
    const recipe = { arches: ['loongarch64'], keys: {} };
    const keyless = planWith({ job: { mirror: mirror.url, arch: 'loongarch64' }, recipe });
    await expect(keyless).rejects.toThrowError(coded('signature/no-key'));
    await expect(keyless).rejects.toThrowError('there is no key for `loongarch64` of `alpine:v3.20`');
    const unchecked = { mirror: mirror.url, arch: 'loongarch64', checksOff: ['signature'] } as const;
    expect((await planWith({ job: unchecked, recipe })).lock.indexes[0]?.signedBy).toBe(null);
  });
});

describe('what cannot be installed', () => {
  test('an unknown package is named with what is near', async () => {
    const mirror = await apkMirror({ packages: PACKAGES });
    const unknown = planWith({ job: { mirror: mirror.url, include: ['dat'] } });
    await expect(unknown).rejects.toThrowError(coded('resolution/unknown-package'));
    await expect(unknown).rejects.toThrowError(
      expect.objectContaining({ hint: expect.stringContaining('`data`') }),
    );
  });

  test('an unsatisfiable world is refused with reasons', async () => {
    const mirror = await apkMirror({ packages: PACKAGES });
    const refused = planWith({ job: { mirror: mirror.url, include: ['app', 'lib<1'] } });
    await expect(refused).rejects.toThrowError(
      expect.objectContaining({
        code: expect.stringMatching(/^resolution\//),
        details: expect.arrayContaining([expect.stringContaining('breaks:')]),
      }),
    );
  });

  test('what is not an entry of a world is refused', async () => {
    const mirror = await apkMirror({ packages: PACKAGES });
    const bad = planWith({ job: { mirror: mirror.url, include: ['lib>'] } });
    await expect(bad).rejects.toThrowError(coded('usage/bad-include'));
  });

  test('rules that leave out the shell of scripts are refused', async () => {
    const mirror = await apkMirror({ packages: PACKAGES });
    const job = { mirror: mirror.url, scripts: 'run', pathRules: ['path-exclude=/bin/*'] } as const;
    await expect(planWith({ job })).rejects.toThrowError(coded('usage/exclusion-too-wide'));
  });
});
