import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeApkKey } from '../../../support/apk.ts';
import { buildApkRepository } from '../../../support/apk-repository.ts';
import { apkMirror, folderWith, planWith } from '../plan-support.ts';

const coded = (code: string) => expect.objectContaining({ code });

const MAIN = {
  packages: [
    { name: 'app', version: '1-r0', info: { depend: 'lib' } },
    { name: 'lib', version: '1-r0' },
  ],
};
const OWN = {
  folder: 'mine',
  description: '',
  packages: [{ name: 'tool' }, { name: 'lib', version: '2-r0' }],
};

describe('a repository of one’s own', () => {
  test('comes beside those of the branch, into the lock and into etc/apk/repositories', async () => {
    const mirror = await apkMirror(MAIN, OWN);
    const url = `${mirror.url.replace('http://', 'http://user:secret@')}/mine`;
    const { lock, seedFiles, urlsOf } = await planWith({
      job: { mirror: mirror.url, sources: [{ kind: 'url', url }], include: ['app', 'tool'] },
    });
    expect(lock.packages.map(({ name, version, pocket, path }) => [name, version, pocket, path])).toEqual([
      ['lib', '2-r0', 'mine', 'x86_64/lib-2-r0.apk'],
      ['app', '1-r0', 'main', 'v3.20/main/x86_64/app-1-r0.apk'],
      ['tool', '1.0-r0', 'mine', 'x86_64/tool-1.0-r0.apk'],
    ]);
    expect(urlsOf('x86_64/lib-2-r0.apk', 'mine')).toEqual([`${url}/x86_64/lib-2-r0.apk`]);
    expect(lock.indexes[1]).toMatchObject({
      pocket: 'mine',
      uri: `${mirror.url}/mine`,
      own: { checksOff: [] },
    });
    const written = seedFiles.find(({ path }) => path === 'etc/apk/repositories')?.content;
    expect(written).toBe(`${mirror.url}/v3.20/main\n${mirror.url}/mine\n`);
    expect(JSON.stringify(lock)).not.toContain('secret');

    const again = await planWith({ job: { mirror: mirror.url, lock, sources: [{ kind: 'url', url }] } });
    expect(again.urlsOf('x86_64/lib-2-r0.apk', 'mine')).toEqual([`${url}/x86_64/lib-2-r0.apk`]);
    const unnamed = await planWith({ job: { mirror: mirror.url, lock } });
    expect(unnamed.urlsOf('x86_64/lib-2-r0.apk', 'mine')).toEqual([`${mirror.url}/mine/x86_64/lib-2-r0.apk`]);
  });

  test('with a tag is taken from only where it is asked for', async () => {
    const mirror = await apkMirror(MAIN, OWN);
    const text = `# mine\n\n@own ${mirror.url}/mine\n`;
    const job = {
      mirror: mirror.url,
      sources: [{ kind: 'list', text, file: 'repositories', folder: '/' }],
    } as const;
    const { lock, seedFiles } = await planWith({ job: { ...job, include: ['app', 'tool@own'] } });
    expect(lock.packages.map(({ name, version, tag }) => [name, version, tag])).toEqual([
      ['lib', '1-r0', undefined],
      ['app', '1-r0', undefined],
      ['tool', '1.0-r0', 'own'],
    ]);
    const texts = Object.fromEntries(seedFiles.map(({ path, content }) => [path, content]));
    expect(texts['etc/apk/world']).toBe('app\ntool@own\n');
    expect(texts['etc/apk/repositories']).toBe(`${mirror.url}/v3.20/main\n@own ${mirror.url}/mine\n`);
    await expect(planWith({ job: { ...job, include: ['tool'] } })).rejects.toThrowError(
      expect.objectContaining({ code: expect.stringMatching(/^resolution\//) }),
    );
  });

  test('stands in place of the branch where no mirror is given', async () => {
    const mirror = await apkMirror(OWN);
    const sources = [{ kind: 'list', text: `${mirror.url}/mine\n`, file: null, folder: '/' }] as const;
    const { lock } = await planWith({ job: { sources, sourcesOnly: true, include: ['tool'] } });
    expect(lock.components).toEqual([]);
    expect(lock.packages.map(({ name, pocket }) => [name, pocket])).toEqual([['tool', 'mine']]);
  });

  test('may be unsigned only where that is said', async () => {
    const mirror = await apkMirror(MAIN, { ...OWN, key: null });
    const job = {
      mirror: mirror.url,
      sources: [{ kind: 'url', url: `${mirror.url}/mine` }],
      include: ['tool'],
    } as const;
    await expect(planWith({ job })).rejects.toThrowError(coded('signature/missing'));
    const { lock } = await planWith({ job: { ...job, checksOff: ['trusted'] } });
    expect(lock.indexes.map(({ signedBy, own }) => [signedBy === null, own?.checksOff])).toEqual([
      [false, undefined],
      [true, ['signature']],
    ]);
  });

  test('may be signed by a key of one’s own', async () => {
    const key = makeApkKey('own.rsa.pub');
    const mirror = await apkMirror(MAIN, { ...OWN, key });
    const folder = await folderWith({ 'own.rsa.pub': key.publicPem });
    const sources = [{ kind: 'url', url: `${mirror.url}/mine` }] as const;
    const { seedFiles } = await planWith({
      job: { mirror: mirror.url, sources, keyrings: [join(folder, 'own.rsa.pub')], include: ['tool'] },
    });
    expect(seedFiles.map(({ path }) => path)).toContain('etc/apk/keys/own.rsa.pub');
  });

  test('that is a folder of this machine is not written into the image', async () => {
    const folder = await folderWith();
    for (const [path, bytes] of buildApkRepository(OWN)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
    const mirror = await apkMirror(MAIN);
    const sources = [{ kind: 'list', text: `${folder}/mine\n`, file: null, folder: '/' }] as const;
    const { seedFiles, lock } = await planWith({ job: { mirror: mirror.url, sources, include: ['tool'] } });
    expect(lock.packages[0]?.pocket).toBe('mine');
    const written = seedFiles.find(({ path }) => path === 'etc/apk/repositories')?.content;
    expect(written).toBe(`${mirror.url}/v3.20/main\n`);
  });

  test.each(['deb http://deb.example.org bookworm main', 'ftp://x/y', '@tag', 'two words'])(
    '%s is none',
    async (text) => {
      const sources = [{ kind: 'list', text, file: null, folder: '/' }] as const;
      await expect(planWith({ job: { sources } })).rejects.toThrowError(coded('usage/bad-source'));
    },
  );
});
