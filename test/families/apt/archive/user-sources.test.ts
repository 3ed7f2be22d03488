import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { planFromLock } from '../../../../src/families/apt/plan/lock-plan.ts';
import type { Plan } from '../../../../src/families/family.ts';
import { LOCK_SECTIONS } from '../../../../src/families/index.ts';
import type { GivenSource, Job } from '../../../../src/job.ts';
import { bytesOf } from '../../../../src/lock/lock.ts';
import { readLocks, writeLocks } from '../../../../src/lock/lock-file.ts';
import { temporaryDirectory } from '../../../fetch/support.ts';
import type { SuiteSpec } from '../../../support/apt-repository.ts';
import { makeKey } from '../../../support/key.ts';
import { startServer } from '../../../support/server.ts';
import { jobOf, mirrorOf, namesOf, planWith, suiteSpec, testRecipe, theKey } from '../plan-support.ts';

const line = (text: string, folder = '/'): GivenSource => ({
  kind: 'list',
  text: `${text}\n`,
  file: null,
  folder,
});
const file = (name: string, text: string, folder = '/'): GivenSource => {
  return { kind: 'list', text, file: name, folder };
};
const own = (...sources: readonly GivenSource[]): Partial<Job> => ({ sources, sourcesOnly: true });
const tool = { name: 'tool', version: '2.0' };
const contentOf = (plan: Plan, path: string) => plan.seedFiles.find((seed) => seed.path === path)?.content;

/** A third party's repository, with a key of its own and where that is written. */
async function thirdParty(change: Partial<SuiteSpec> = {}) {
  const key = await makeKey({ name: 'Third Party' });
  const folder = await temporaryDirectory();
  await writeFile(join(folder, 'third.gpg'), key.binary);
  const mirror = await mirrorOf(
    suiteSpec({
      suite: 'stable',
      keys: [key],
      packages: [tool],
      release: { Codename: undefined },
      ...change,
    }),
  );
  return { key, folder, keyring: join(folder, 'third.gpg'), ...mirror };
}

describe('sources of the user’s own', () => {
  test('in place of the pockets, lines and stanzas are resolved together', async () => {
    const mirror = await mirrorOf(
      suiteSpec(),
      suiteSpec({
        suite: 'bookworm-updates',
        packages: [{ name: 'base', version: '1.1', priority: 'required' }],
      }),
    );
    const plan = await planWith({
      job: own(
        line(`deb ${mirror.url} bookworm main`),
        file(
          'up dates.sources',
          `Types: deb\nURIs: ${mirror.url}/\nSuites: bookworm-updates\nComponents: main\n`,
        ),
      ),
    });
    expect(plan.lock.packages).toMatchObject([
      { name: 'base', version: '1.1', pocket: 'bookworm-updates', path: expect.any(String) },
    ]);
    expect(plan.lock.indexes).toMatchObject([
      { pocket: 'bookworm', suite: 'bookworm', uri: mirror.url, own: { checksOff: [] } },
      { pocket: 'bookworm-updates', suite: 'bookworm-updates', uri: mirror.url, own: {} },
    ]);
    expect(plan.seedFiles.map(({ path, content }) => [path, content])).toEqual([
      ['etc/apt/sources.list', `deb ${mirror.url} bookworm main\n`],
      [
        'etc/apt/sources.list.d/0001up-dates.sources',
        `Types: deb\nURIs: ${mirror.url}/\nSuites: bookworm-updates\nComponents: main\n`,
      ],
    ]);
    expect(await readLocks(writeLocks([plan.lock]), 'x', LOCK_SECTIONS)).toEqual([plan.lock]);
  });

  test('beside the pockets, with a key that goes into the image', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const third = await thirdParty();
    const source = line(`deb [signed-by=third.gpg] ${third.url} stable main`, third.folder);
    const job = { sources: [source], include: ['tool'] };
    const plan = await planWith({ job, mirrors: [mirror.url] });
    expect(namesOf(plan)).toEqual(['base', 'tool']);
    expect(plan.lock.indexes[1]).toMatchObject({
      pocket: 'stable',
      signedBy: third.key.fingerprint.toUpperCase(),
    });
    expect(plan.urlsOf('x', 'stable')).toEqual([`${third.url}/x`]);
    expect(contentOf(plan, 'etc/apt/sources.list.d/debian.sources')).toContain('Suites: bookworm\n');
    expect(contentOf(plan, 'etc/apt/sources.list.d/0001main.list')).toBe(
      `deb [signed-by=/etc/apt/keyrings/third.gpg] ${third.url} stable main\n`,
    );
    const key = plan.seedFiles.find(({ path }) => path === 'etc/apt/keyrings/third.gpg')!;
    expect(bytesOf(key)).toEqual(third.key.binary);
  });

  test('without Signed-By, and signed by no key that the suite has, is refused', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const third = await thirdParty();
    const job = { sources: [line(`deb ${third.url} stable main`)], include: ['tool'] };
    await expect(planWith({ job, mirrors: [mirror.url] })).rejects.toMatchObject({
      code: 'signature/unknown-key',
      message: expect.stringContaining(third.url),
      hint: expect.stringContaining('Signed-By'),
    });
  });

  test('a key in the stanza itself, and one named by its fingerprint', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const third = await thirdParty();
    const block = third.key.armored
      .trim()
      .replace(/^/gm, ' ')
      .replace(/^ \s*$/gm, ' .');
    const stanza = `Types: deb\nURIs: ${third.url}\nSuites: stable\nComponents: main\nSigned-By:\n${block}\n`;
    const plan = await planWith({
      job: { sources: [file('third.sources', stanza)], include: ['tool'] },
      mirrors: [mirror.url],
    });
    expect(contentOf(plan, 'etc/apt/sources.list.d/0001third.sources')).toBe(stanza);
    const named = (fingerprint: string) =>
      planWith({
        job: {
          sources: [line(`deb [signed-by=${third.keyring},${fingerprint}] ${third.url} stable main`)],
        },
        mirrors: [mirror.url],
      });
    expect(namesOf(await named(third.key.fingerprint))).toEqual(['base']);
    await expect(named('AB'.repeat(20))).rejects.toMatchObject({ code: 'signature/unknown-key' });
  });

  test.each([
    ['in a line', (keys: string, url: string) => line(`deb [signed-by=${keys}] ${url} stable main`)],
    [
      'in a stanza, folded',
      (keys: string, url: string) =>
        file(
          'x.sources',
          `Types: deb\nURIs: ${url}\nSuites: stable\nComponents: main\nSigned-By: ${keys.replace(',', '\n  ')}\n`,
        ),
    ],
  ])('fingerprints become a key file in the image: %s', async (_, source) => {
    const mirror = await mirrorOf(suiteSpec());
    const third = await thirdParty();
    const fingerprint = third.key.fingerprint.toUpperCase();
    const other = await makeKey({ name: 'Other' });
    const both = `${third.keyring}.both`;
    await writeFile(both, Buffer.concat([other.binary, third.key.binary]));
    const plan = await planWith({
      job: { sources: [source(`${both},${fingerprint}!`, third.url)] },
      mirrors: [mirror.url],
    });
    const text = plan.seedFiles.find(({ path }) => path.startsWith('etc/apt/sources.list.d/0001'))!.content;
    expect(text).toMatch(new RegExp(`(?:=|: )/etc/apt/keyrings/${fingerprint}\\.gpg[\\]\\n]`));
    expect(text).not.toContain('both');
    const key = plan.seedFiles.find(({ path }) => path === `etc/apt/keyrings/${fingerprint}.gpg`)!;
    expect(bytesOf(key)).toEqual(third.key.binary);
    expect(plan.seedFiles.filter(({ path }) => path.startsWith('etc/apt/keyrings/'))).toHaveLength(1);
  });

  test('a fingerprint of the suite’s own keys becomes a key file too', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const { fingerprint } = await theKey();
    const plan = await planWith({
      job: own(line(`deb [signed-by=${fingerprint}] ${mirror.url} bookworm main`)),
    });
    const path = `etc/apt/keyrings/${fingerprint.toUpperCase()}.gpg`;
    expect(contentOf(plan, 'etc/apt/sources.list')).toContain(`[signed-by=/${path}]`);
    expect(contentOf(plan, path)).toBeDefined();
  });

  test('a fingerprint that no key has is refused', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const third = await thirdParty();
    const named = (fingerprint: string) =>
      planWith({
        job: {
          sources: [line(`deb [signed-by=${third.keyring},${fingerprint}] ${third.url} stable main`)],
        },
        mirrors: [mirror.url],
      });
    await expect(named('AB'.repeat(20))).rejects.toMatchObject({ code: 'signature/unknown-key' });
  });

  test('`trusted=yes` needs its switch, and the lock says what it did', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const third = await thirdParty({ keys: [] });
    const sources = [line(`deb [trusted=yes] ${third.url} stable main`)];
    await expect(planWith({ job: { sources }, mirrors: [mirror.url] })).rejects.toMatchObject({
      code: 'usage/trusted-source',
      hint: expect.stringContaining('--allow-trusted'),
    });
    const { lock } = await planWith({ job: { sources, checksOff: ['trusted'] }, mirrors: [mirror.url] });
    expect(lock.checksOff).toEqual(['trusted']);
    expect(lock.indexes).toMatchObject([
      { signedBy: expect.any(String) },
      { signedBy: null, own: { checksOff: ['signature'] } },
    ]);
  });

  test('a flat repository without a Release is taken with `trusted=yes` alone', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const bare = await mirrorOf(
      suiteSpec({ suite: '', flat: true, packages: [tool], indexCodecs: ['none'] }),
    );
    for (const name of ['InRelease', 'Release', 'Release.gpg']) bare.files.delete(name);
    const plan = (options: string) =>
      planWith({
        job: { sources: [line(`deb ${options} ${bare.url} ./`)], include: ['tool'], checksOff: ['trusted'] },
        mirrors: [mirror.url],
      });
    const { lock, urlsOf } = await plan('[trusted=yes]');
    expect(lock.indexes[1]).toMatchObject({ pocket: 'flat', date: '1970-01-01T00:00:00Z', signedBy: null });
    expect(urlsOf(lock.packages[1]!.path, 'flat')).toEqual([`${bare.url}/tool_2.0_amd64.deb`]);
    expect((await plan('[trusted=yes]')).lock.inputsDigest).toBe(lock.inputsDigest);
    await expect(plan('')).rejects.toMatchObject({ code: 'network/missing-pocket' });
    bare.files.delete('Packages');
    await expect(plan('[trusted=yes]')).rejects.toMatchObject({ code: 'network/missing-pocket' });
  });

  test('components without a Release are taken with `trusted=yes` alone', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const bare = await mirrorOf(
      suiteSpec({
        suite: 'x',
        packages: [
          { ...tool, depends: 'data' },
          { name: 'data', arch: 'all' },
        ],
        components: ['main', 'extra'],
        architectureAll: 'separate',
        indexCodecs: ['gz'],
      }),
    );
    for (const name of ['InRelease', 'Release', 'Release.gpg']) bare.files.delete(`dists/x/${name}`);
    const plan = (options: string) =>
      planWith({
        job: {
          sources: [line(`deb ${options} ${bare.url} x main extra`)],
          include: ['tool'],
          checksOff: ['trusted'],
        },
        mirrors: [mirror.url],
      });
    expect(namesOf(await plan('[trusted=yes]'))).toEqual(['base', 'data', 'tool']);
    await expect(plan('')).rejects.toMatchObject({ code: 'network/missing-pocket' });
    bare.files.delete('dists/x/extra/binary-amd64/Packages.gz');
    await expect(plan('[trusted=yes]')).rejects.toMatchObject({ code: 'network/missing-pocket' });
  });

  test('one that has nothing for the architecture is passed over with a warning', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const third = await thirdParty({ arches: ['i386'], packages: [] });
    const sources = [line(`deb [signed-by=${third.keyring}] ${third.url} stable main`)];
    const { lock, warnings } = await planWith({ job: { sources }, mirrors: [mirror.url] });
    expect(lock.indexes.map(({ pocket }) => pocket)).toEqual(['release', 'stable']);
    expect(warnings).toEqual(['`stable` has nothing for `amd64`: it is passed over']);
  });

  test('`check-valid-until=no` holds for that source alone, and is recorded', async () => {
    const old = await mirrorOf(suiteSpec({ validUntil: new Date('2026-01-05T00:00:00Z') }));
    const job = own(line(`deb [check-valid-until=no] ${old.url} bookworm main`));
    expect((await planWith({ job })).lock.indexes[0]!.own!.checksOff).toEqual(['valid-until']);
    await expect(planWith({ job: own(line(`deb ${old.url} bookworm main`)) })).rejects.toMatchObject({
      code: 'signature/expired-valid-until',
    });
  });

  test('a flat repository, one of another architecture, and a name that is given away', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const flat = await mirrorOf(
      suiteSpec({
        suite: 'debs',
        flat: true,
        packages: [tool],
        release: { Suite: undefined, Codename: undefined },
      }),
    );
    const plan = await planWith({
      job: {
        sources: [
          line(`deb ${flat.url} debs/`),
          line(`deb [arch=s390x] http://nowhere.invalid/d x main`),
          { kind: 'url', url: mirror.url },
          line(`deb ${mirror.url} bookworm main`),
        ],
        include: ['tool'],
      },
      mirrors: [mirror.url],
    });
    expect(plan.lock.indexes.map(({ pocket }) => pocket)).toEqual([
      'release',
      'debs',
      'bookworm',
      'bookworm-2',
    ]);
    expect(plan.urlsOf(plan.lock.packages[1]!.path, 'debs')).toEqual([`${flat.url}/debs/tool_2.0_amd64.deb`]);
  });

  test('credentials of an address are used, and are nowhere in lock, image and messages', async () => {
    const files = (await mirrorOf(suiteSpec())).files;
    const server = await startServer(files);
    onTestFinished(server.close);
    const secret = server.url.replace('http://', 'http://me:s3cret@');
    const job = own(line(`deb ${secret} bookworm main`));
    const plan = await planWith({ job });
    expect(plan.urlsOf('x', 'bookworm')).toEqual([`${secret}/x`]);
    expect(server.requests.every(({ headers }) => headers.authorization?.startsWith('Basic '))).toBe(true);
    expect(writeLocks([plan.lock])).not.toMatch(/s3cret|me:/);
    const recipe = await testRecipe({});
    const none = { lent: () => ({ archive: [], security: [] }), local: [] };
    expect(planFromLock(plan.lock, jobOf(), recipe, none).urlsOf('x', 'bookworm')).toEqual([
      `${server.url}/x`,
    ]);
    expect(planFromLock(plan.lock, jobOf(job), recipe, none).urlsOf('x', 'bookworm')).toEqual([
      `${secret}/x`,
    ]);
    await server.close();
    await expect(planWith({ job })).rejects.toMatchObject({
      message: expect.not.stringContaining('s3cret'),
    });
  });

  test('none of the suite itself is an error that names the way to add sources', async () => {
    const third = await thirdParty();
    await expect(
      planWith({ job: own(line(`deb [signed-by=${third.keyring}] ${third.url} stable main`)) }),
    ).rejects.toMatchObject({ code: 'usage/no-suite', hint: expect.stringContaining('--source') });
  });

  test('Essential packages and priorities are the suite’s alone', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const third = await thirdParty({
      packages: [{ name: 'intruder', essential: true, priority: 'required' }],
    });
    const sources = [line(`deb [signed-by=${third.keyring}] ${third.url} stable main`)];
    expect(namesOf(await planWith({ job: { sources }, mirrors: [mirror.url] }))).toEqual(['base']);
  });
});

describe('priorities by suite', () => {
  async function backports(job: Partial<Job>) {
    const mirror = await mirrorOf(
      suiteSpec({
        packages: [
          { name: 'base', priority: 'required' },
          { name: 'tool', version: '1.0' },
        ],
      }),
      suiteSpec({
        suite: 'bookworm-backports',
        packages: [tool],
        release: { Suite: 'stable-backports', NotAutomatic: 'yes', ButAutomaticUpgrades: 'yes' },
      }),
    );
    const sources = [line(`deb ${mirror.url} bookworm-backports main`)];
    return planWith({ job: { sources, include: ['tool'], ...job }, mirrors: [mirror.url] });
  }
  const versionOf = (plan: Plan) => plan.lock.packages.find(({ name }) => name === 'tool')?.version;

  test('a suite that is not automatic is taken from where it is asked for', async () => {
    expect(versionOf(await backports({}))).toBe('1.0');
    expect(versionOf(await backports({ include: ['tool/bookworm-backports'] }))).toBe('2.0');
    expect(versionOf(await backports({ include: ['tool/stable-backports'] }))).toBe('2.0');
  });

  test.each([
    ['bookworm-backports', 'n=bookworm-backports'],
    ['stable-backports', 'a=stable-backports'],
  ])('a pin of %s counts, and is written into the image', async (suite, selector) => {
    const plan = await backports({ pins: [{ suite, priority: 500 }] });
    expect(versionOf(plan)).toBe('2.0');
    expect(contentOf(plan, 'etc/apt/preferences.d/mkbase')).toBe(
      `Package: *\nPin: release ${selector}\nPin-Priority: 500\n`,
    );
  });

  test('a pin that fits nothing is refused', async () => {
    await expect(backports({ pins: [{ suite: 'backports', priority: 1 }] })).rejects.toMatchObject({
      code: 'usage/unknown-pin',
      hint: expect.stringContaining('`bookworm-backports`'),
    });
  });
});
