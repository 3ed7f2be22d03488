import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aptFamily } from '../../../../src/families/apt/lock-section.ts';
import { planFromLock } from '../../../../src/families/apt/plan/lock-plan.ts';
import { recipeOfLock } from '../../../../src/families/apt/plan/recipe-of-lock.ts';
import type { Pocket } from '../../../../src/families/apt/recipe.ts';
import { LOCK_SECTIONS } from '../../../../src/families/index.ts';
import { contentPath } from '../../../../src/fetch/layout.ts';
import { fingerprintOf, readKeyring } from '../../../../src/formats/openpgp.ts';
import { bytesOf } from '../../../../src/lock/lock.ts';
import { readLocks, writeLocks } from '../../../../src/lock/lock-file.ts';
import { itemOf, temporaryDirectory } from '../../../fetch/support.ts';
import { makeKey } from '../../../support/key.ts';
import {
  inputsWith,
  jobOf,
  mirrorOf,
  namesOf,
  planWith,
  suiteSpec,
  testRecipe,
  theKey,
} from '../plan-support.ts';

describe('aptInputs', () => {
  test('is the digest that the plan has, and asks for no index', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const options = { mirrors: [mirror.url], job: { dockerSettings: true, include: ['base'] } };
    const inputs = await inputsWith(options);
    expect(mirror.requests.map(({ path }) => path)).toEqual(['dists/bookworm/InRelease']);
    expect(inputs).toBe((await planWith(options)).lock.inputsDigest);
  });
});

describe('planApt', () => {
  test('gives the same lock and inputs whatever aliases, end of life, keys and further mirrors the recipe has', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const { lock } = await planWith({ mirrors: [mirror.url] });
    const recipe = await testRecipe({ mirrors: [mirror.url, 'http://further.example/debian'] });
    const more = { ...recipe, aliases: ['older'], endOfLife: '2031-01-01', release: '12.1' };
    const edited = {
      recipe: { ...more, keyFiles: [...recipe.keyFiles, { name: 'x', bytes: recipe.keyFiles[0]!.bytes }] },
    };
    expect(await inputsWith(edited)).toBe(lock.inputsDigest);
    expect((await planWith(edited)).lock).toMatchObject({ lockDigest: lock.lockDigest });
    const preferring = { recipe: { ...recipe, preferences: [{ prefer: 'a', over: 'b', reason: 'c' }] } };
    expect(await inputsWith(preferring)).not.toBe(lock.inputsDigest);
  });

  test('gives a lock of every pocket, resolved together', async () => {
    const mirror = await mirrorOf(
      suiteSpec({ packages: [{ name: 'base', priority: 'required', depends: 'lib' }, { name: 'lib' }] }),
      suiteSpec({ suite: 'bookworm-updates', packages: [{ name: 'lib', version: '1.1' }] }),
      suiteSpec({ suite: 'bookworm-security', packages: [{ name: 'lib', version: '1.2' }] }),
    );
    const plan = await planWith({ job: { pockets: [] }, mirrors: [mirror.url], security: [mirror.url] });
    expect(plan.lock.packages.map(({ name, version, pocket }) => `${name} ${version} ${pocket}`)).toEqual([
      'base 1.0 release',
      'lib 1.2 security',
    ]);
    const signedBy = (await theKey()).fingerprint.toUpperCase();
    expect(plan.lock.indexes).toEqual(
      ['bookworm', 'bookworm-updates', 'bookworm-security'].map((suite, at) => ({
        pocket: ['release', 'updates', 'security'][at],
        suite,
        uri: mirror.url,
        origin: 'Test',
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        date: '2026-01-01T00:00:00Z',
        signedBy,
      })),
    );
    expect(await readLocks(writeLocks([plan.lock]), 'x', LOCK_SECTIONS)).toEqual([plan.lock]);
    const [locked] = plan.lock.packages;
    expect(plan.urlsOf(locked!.path, 'release')).toEqual([
      `${mirror.url}/pool/main/b/base/base_1.0_amd64.deb`,
    ]);
    expect(plan.warnings).toEqual([]);
  });

  test('asks a mirror for each file once', async () => {
    const mirror = await mirrorOf(suiteSpec());
    await planWith({ mirrors: [mirror.url] });
    expect(mirror.requests.map(({ path }) => path)).toEqual([
      'dists/bookworm/InRelease',
      expect.stringMatching(/^dists\/bookworm\/main\/binary-amd64\/by-hash\/SHA256\/[0-9a-f]{64}$/),
    ]);
  });

  test('holds a point release to what the archive has', async () => {
    const mirror = await mirrorOf(suiteSpec({ release: { Version: '12.15' } }));
    const plan = (suite: string) => planWith({ mirrors: [mirror.url], job: { suite } });
    await expect(plan('debian:12.15')).resolves.toBeDefined();
    await expect(plan('debian:12.14')).rejects.toMatchObject({
      code: 'resolution/other-point-release',
      message: '`debian:12.14` is asked for, and the archive has `12.15`',
      hint: expect.stringContaining('--snapshot'),
    });
  });

  test('chooses as the suite’s own apt where no solver is named, and merges /usr as it is asked to', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const { lock } = await planWith({ mirrors: [mirror.url] });
    expect(aptFamily(lock).options.solver).toBe('apt');
    expect(aptFamily(lock).image.mergedUsr).toBe(true);
    const other = await planWith({ mirrors: [mirror.url], job: { solver: '3', mergedUsr: false } });
    expect(aptFamily(other.lock).options.solver).toBe('3');
    expect(aptFamily(other.lock).image.mergedUsr).toBe(false);
  });

  test('a re-signed index changes the inputs and not the lock', async () => {
    const plans = await Promise.all(
      ['2026-01-01', '2026-01-05'].map(async (date) => {
        const mirror = await mirrorOf(suiteSpec({ date: new Date(`${date}T00:00:00Z`) }));
        return (await planWith({ mirrors: [mirror.url] })).lock;
      }),
    );
    expect(plans[0]!.lockDigest).not.toBe('');
    expect(plans[0]!.inputsDigest).not.toBe(plans[1]!.inputsDigest);
  });

  test.each(['gz', 'xz', 'none'] as const)('reads an index that exists as %s alone', async (codec) => {
    const mirror = await mirrorOf(suiteSpec({ indexCodecs: [codec] }));
    expect(namesOf(await planWith({ mirrors: [mirror.url] }))).toEqual(['base']);
  });

  test('a form that Release lists and the mirror does not have is passed over', async () => {
    const mirror = await mirrorOf(suiteSpec({ byHash: false }));
    mirror.files.delete('dists/bookworm/main/binary-amd64/Packages.gz');
    expect(namesOf(await planWith({ mirrors: [mirror.url] }))).toEqual(['base']);
  });

  test('a by-hash path that is not there falls back to the plain one', async () => {
    const mirror = await mirrorOf(suiteSpec());
    for (const path of mirror.files.keys()) if (path.includes('/by-hash/')) mirror.files.delete(path);
    expect(namesOf(await planWith({ mirrors: [mirror.url] }))).toEqual(['base']);
  });

  test('the strongest digest is the one that counts', async () => {
    const mirror = await mirrorOf(suiteSpec({ releaseHashes: ['MD5Sum', 'SHA256', 'SHA512'] }));
    await planWith({ mirrors: [mirror.url] });
    expect(mirror.requests[1]!.path).toContain('/by-hash/SHA512/');
  });

  test.each(['none', 'debian', 'separate'] as const)(
    'packages of architecture all, listed as %s, are there once',
    async (architectureAll) => {
      const packages = [
        { name: 'base', priority: 'required', depends: 'data' },
        { name: 'data', arch: 'all' },
      ];
      const mirror = await mirrorOf(suiteSpec({ architectureAll, packages }));
      expect(namesOf(await planWith({ mirrors: [mirror.url] }))).toEqual(['base', 'data']);
    },
  );

  test('several components, and the one of security suites that is written `updates/main`', async () => {
    const packages = [
      { name: 'base', priority: 'required', depends: 'extra' },
      { name: 'extra', component: 'contrib' },
    ];
    const mirror = await mirrorOf(
      suiteSpec({
        packages,
        components: ['main', 'contrib'],
        release: { Components: 'updates/main updates/contrib' },
      }),
    );
    const plan = await planWith({ mirrors: [mirror.url], job: { components: ['main', 'contrib'] } });
    expect(namesOf(plan)).toEqual(['base', 'extra']);
  });

  test('a flat repository', async () => {
    const mirror = await mirrorOf(suiteSpec({ suite: '', flat: true }));
    const pocket = { name: 'release', suite: './', mirrors: { default: [mirror.url] } } as const;
    const plan = await planWith({ recipe: { pockets: [pocket] } });
    expect(plan.urlsOf(plan.lock.packages[0]!.path, 'release')).toEqual([`${mirror.url}/base_1.0_amd64.deb`]);
    expect(plan.seedFiles[0]!.content).toContain('Suites: ./\nSigned-By:');
  });

  test('NotAutomatic keeps a pocket from being a source of new versions', async () => {
    const mirror = await mirrorOf(
      suiteSpec(),
      suiteSpec({
        suite: 'bookworm-updates',
        packages: [{ name: 'base', version: '2.0', priority: 'required' }],
        release: { NotAutomatic: 'yes', ButAutomaticUpgrades: 'yes' },
      }),
    );
    const plan = await planWith({ mirrors: [mirror.url], job: { pockets: ['release', 'updates'] } });
    expect(plan.lock.packages[0]).toMatchObject({ version: '1.0', pocket: 'release' });
  });

  test('offline, the last verified state is planned from, and is checked again', async () => {
    const cache = await temporaryDirectory();
    const mirror = await mirrorOf(suiteSpec({ validUntil: new Date('2026-01-20T00:00:00Z') }));
    const options = { mirrors: [mirror.url], cache };
    const online = await planWith(options);
    mirror.requests.length = 0;
    expect((await planWith({ ...options, job: { offline: true } })).lock).toEqual(online.lock);
    expect(mirror.requests).toEqual([]);
    await expect(
      planWith({ ...options, job: { offline: true, now: new Date('2026-02-01T00:00:00Z') } }),
    ).rejects.toMatchObject({ code: 'signature/expired-valid-until' });
    await expect(
      planWith({ ...options, job: { offline: true, pockets: ['updates'] } }),
    ).rejects.toMatchObject({
      code: 'network/offline',
      message: expect.stringContaining('bookworm-updates'),
    });
  });

  test('an index that is read a second time is kept decoded, and each time held against its Release', async () => {
    const cache = await temporaryDirectory();
    const mirror = await mirrorOf(suiteSpec());
    const indexes = ['', '.gz'].map(
      (form) => mirror.files.get(`dists/bookworm/main/binary-amd64/Packages${form}`)!,
    );
    const [plain, packed] = indexes.map((bytes) => contentPath(cache, itemOf('', bytes).digest)) as [
      string,
      string,
    ];
    const options = { mirrors: [mirror.url], cache };
    const { lock } = await planWith(options);
    expect(existsSync(plain)).toBe(false);
    await planWith(options);
    await rm(packed);
    expect((await planWith({ ...options, job: { offline: true } })).lock).toEqual(lock);
    await writeFile(plain, (await readFile(plain, 'latin1')).replace('base', 'evil'));
    expect((await planWith(options)).lock).toEqual(lock);
  });

  test('an unknown architecture, pocket or component is refused with those that there are', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const plan = (job: object, recipe = {}) => planWith({ mirrors: [mirror.url], job, recipe });
    await expect(plan({ arch: 'vax' })).rejects.toMatchObject({ code: 'usage/unknown-architecture' });
    await expect(plan({ arch: 'arm64' })).rejects.toMatchObject({
      code: 'usage/unknown-architecture',
      hint: expect.stringContaining('it has amd64'),
    });
    await expect(plan({ components: ['universe'] })).rejects.toMatchObject({
      code: 'usage/unknown-component',
      hint: expect.stringContaining('it has main'),
    });
    await expect(plan({ pockets: ['security'] }, { pockets: [] })).rejects.toMatchObject({
      code: 'usage/unknown-pocket',
    });
  });
});

describe('a pocket in an archive of its own', () => {
  /** Debian's, and one beside it that has a suite of the same name, an older Release and a newer package. */
  async function twoArchives() {
    const archive = await mirrorOf(suiteSpec({ date: new Date('2026-01-05T00:00:00Z') }));
    const packages = [{ name: 'base', version: '1.0+own', priority: 'required' }];
    const beside = await mirrorOf(suiteSpec({ packages, date: new Date('2026-01-02T00:00:00Z') }));
    const recipe = await testRecipe({ mirrors: ['http://archive.example/debian'] });
    const own: Pocket = {
      ...{ name: 'own', suite: 'bookworm', mirrors: { default: [beside.url] } },
      separate: { signedBy: '/usr/share/keyrings/own.pgp' },
    };
    const pockets = [recipe.pockets[0]!, own];
    return { archive, beside, recipe: { pockets } };
  }

  test('is never looked for on MIRROR or on a mirror of the host, and has its keyring in the image', async () => {
    const { archive, beside, recipe } = await twoArchives();
    const lent = { archive: [archive.url], security: [] };
    for (const job of [{ mirror: archive.url }, { mirror: null }]) {
      const { lock, seedFiles, urlsOf } = await planWith({ job: { pockets: [], ...job }, recipe, lent });
      expect(lock.packages).toMatchObject([{ version: '1.0+own', pocket: 'own' }]);
      expect(urlsOf('x', 'own')).toEqual([`${beside.url}/x`]);
      expect(seedFiles[0]!.content).toMatch(
        new RegExp(
          '^Types: deb\nURIs: .*\nSuites: bookworm\nComponents: main\nSigned-By: .*debian-archive-keyring.gpg\n\n' +
            `Types: deb\nURIs: ${beside.url}\nSuites: bookworm\nComponents: main\n` +
            'Signed-By: /usr/share/keyrings/own.pgp\n$',
        ),
      );
    }
  });

  describe('with keys of its own', () => {
    /** As {@link twoArchives}, but the archive beside Debian's is signed by another key. */
    async function twoKeys(change: Partial<Pocket> = {}) {
      const [usual, other] = [await theKey(), await makeKey()];
      const archive = await mirrorOf(suiteSpec());
      const packages = [{ name: 'base', version: '1.0+own', priority: 'required' }];
      const beside = await mirrorOf(suiteSpec({ packages, keys: [other] }));
      const recipe = await testRecipe({ mirrors: [archive.url] });
      const own: Pocket = {
        ...{ name: 'own', suite: 'bookworm', mirrors: { default: [beside.url] } },
        ...{ keys: ['own.asc'], separate: { signedBy: null } },
        ...change,
      };
      const keyFiles = [
        { name: 'test.asc', bytes: Buffer.from(usual.armored) },
        { name: 'own.asc', bytes: Buffer.from(other.armored) },
      ];
      const changed = { ...recipe, pockets: [recipe.pockets[0]!, own], keyFiles };
      return { recipe: changed, archive, beside, other };
    }

    test('is held to them, and its source in the image names them', async () => {
      const { recipe, archive, beside } = await twoKeys();
      const { lock, seedFiles } = await planWith({ job: { pockets: [] }, recipe });
      expect(lock.packages).toMatchObject([{ version: '1.0+own', pocket: 'own' }]);
      expect(lock.indexes).toMatchObject([{ pocket: 'release' }, { pocket: 'own', separate: true }]);
      const [first, second] = seedFiles[0]!.content.split('\n\n');
      expect(first).toMatch(
        new RegExp(`URIs: ${archive.url}\n.*\n.*\nSigned-By: /.*debian-archive-keyring.gpg$`),
      );
      expect(second).toMatch(new RegExp(`URIs: ${beside.url}\n.*\n.*\nSigned-By: ?\n -----BEGIN PGP`));
    });

    test('has them in a file where sources are lines', async () => {
      const { recipe, other } = await twoKeys();
      const image = { ...recipe.image, sourcesStyle: 'one-line' as const };
      const { seedFiles } = await planWith({ job: { pockets: [] }, recipe: { ...recipe, image } });
      expect(seedFiles[0]!.content).toContain(
        'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ',
      );
      expect(seedFiles[0]!.content).toContain('deb [signed-by=/etc/apt/keyrings/debian.gpg] ');
      const [key] = await readKeyring(Buffer.from(seedFiles[1]!.content, 'base64'), 'x');
      expect([seedFiles[1]!.path, fingerprintOf(key!)]).toEqual([
        'etc/apt/keyrings/debian.gpg',
        fingerprintOf((await readKeyring(Buffer.from(other.armored), 'x'))[0]!),
      ]);
    });

    test('is refused where the keys of the recipe signed it, and the other way round', async () => {
      const { recipe } = await twoKeys();
      const [release, own] = recipe.pockets as [Pocket, Pocket];
      const swapped = [{ ...release, keys: ['own.asc'] }, own];
      const usual = [release, { ...own, keys: ['test.asc'] }];
      for (const pockets of [swapped, usual]) {
        await expect(
          planWith({ job: { pockets: [] }, recipe: { ...recipe, pockets } }),
        ).rejects.toMatchObject({
          code: 'signature/unknown-key',
        });
      }
    });

    test('keeps them beside `--keyring`, which stands for those of the recipe', async () => {
      const { recipe } = await twoKeys();
      const file = join(await temporaryDirectory(), 'k.asc');
      await writeFile(file, (await theKey()).armored);
      const job = { pockets: [], keyrings: [file] };
      expect((await planWith({ job, recipe })).lock.packages).toMatchObject([{ version: '1.0+own' }]);
    });
  });

  test('is told by its lock, whatever the recipe says by then', async () => {
    const { archive, beside, recipe } = await twoArchives();
    const { lock } = await planWith({ job: { pockets: [], mirror: archive.url }, recipe });
    const [release, { separate: _, ...own }] = recipe.pockets as [Pocket, Pocket];
    const changed = { ...(await testRecipe({})), pockets: [release, own] };
    const none = { lent: () => ({ archive: [], security: [] }), local: [] };
    const again = planFromLock(lock, jobOf({ mirror: 'http://other/debian' }), changed, none);
    expect(again.urlsOf('x', 'release')).toEqual(['http://other/debian/x']);
    expect(again.urlsOf('x', 'own')).toEqual([`${beside.url}/x`]);
    expect(recipeOfLock(lock)).toMatchObject({
      pockets: { release: { suite: 'bookworm' }, own: { separate: { signedBy: null } } },
    });
  });

  test('is remembered apart from a suite of the same name', async () => {
    const { archive, recipe } = await twoArchives();
    const cache = await temporaryDirectory();
    const options = { job: { pockets: [], mirror: archive.url }, recipe, cache };
    const { lock } = await planWith(options);
    expect((await planWith(options)).lock).toEqual(lock);
    expect((await planWith({ ...options, job: { ...options.job, offline: true } })).lock).toEqual(lock);
  });
});

describe('the files for the image', () => {
  test('name the recipe’s addresses, whatever mirror the host lent', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const official = 'http://archive.example/debian';
    const plan = await planWith({ mirrors: [official], lent: { archive: [mirror.url], security: [] } });
    expect(plan.seedFiles).toEqual([
      {
        path: 'etc/apt/sources.list.d/debian.sources',
        mode: 0o644,
        content:
          'Types: deb\nURIs: http://archive.example/debian\nSuites: bookworm\nComponents: main\n' +
          'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n',
      },
    ]);
    expect(plan.lock.image.files).toEqual(plan.seedFiles);
    expect(writeLocks([plan.lock])).not.toContain('127.0.0.1');
    expect(plan.urlsOf('x', 'release')).toEqual([`${mirror.url}/x`, `${official}/x`]);
  });

  test('name an explicit mirror, without its password', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const secret = mirror.url.replace('http://', 'http://me:secret@');
    const plan = await planWith({
      job: { mirror: `${secret}/` },
      mirrors: ['http://archive.example/debian'],
    });
    expect(plan.seedFiles[0]!.content).toContain(`URIs: ${mirror.url}\n`);
    expect(writeLocks([plan.lock])).not.toContain('secret');
    expect(plan.urlsOf('x', 'release')).toEqual([`${secret}/x`]);
  });

  test('hold the path rules, and the key where it is not the distribution’s', async () => {
    const other = await makeKey({ name: 'Other' });
    const keyring = join(await temporaryDirectory(), 'other.asc');
    await writeFile(keyring, other.armored);
    const mirror = await mirrorOf(suiteSpec({ keys: [other] }));
    const pathRules = ['path-exclude=/usr/share/doc/*', 'path-include=/usr/share/doc/*/copyright'];
    const plan = await planWith({ mirrors: [mirror.url], job: { keyrings: [keyring], pathRules } });
    const [sources, rules] = plan.seedFiles;
    expect(sources!.content).toMatch(/\nSigned-By: *\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n \.\n( .+\n)+$/);
    expect(rules).toEqual({
      path: 'etc/dpkg/dpkg.cfg.d/mkbase',
      mode: 0o644,
      content: `${pathRules.join('\n')}\n`,
    });
  });

  test('one line a pocket where apt is too old for stanzas', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const docker = { gzipOrder: false, pathRules: [] };
    const image = { settings: {}, sourcesStyle: 'one-line', signedBy: null, docker } as const;
    const plan = await planWith({ job: { mirror: mirror.url }, recipe: { image } });
    expect(plan.seedFiles).toEqual([
      { path: 'etc/apt/sources.list', mode: 0o644, content: `deb ${mirror.url} bookworm main\n` },
    ]);
  });

  test('in lines, a key that is not the distribution’s is a file of its own', async () => {
    const other = await makeKey({ name: 'Other' });
    const keyring = join(await temporaryDirectory(), 'other.asc');
    await writeFile(keyring, other.armored);
    const mirror = await mirrorOf(suiteSpec({ keys: [other] }));
    const docker = { gzipOrder: false, pathRules: [] };
    const image = { settings: {}, sourcesStyle: 'one-line', signedBy: null, docker } as const;
    const job = { mirror: mirror.url, keyrings: [keyring] };
    const [sources, key] = (await planWith({ job, recipe: { image } })).seedFiles;
    expect(sources!.content).toBe(
      `deb [signed-by=/etc/apt/keyrings/debian.gpg] ${mirror.url} bookworm main\n`,
    );
    expect(key!.path).toBe('etc/apt/keyrings/debian.gpg');
    expect(bytesOf(key!)).toEqual(other.binary);
  });

  test('hold the settings of Docker’s images where they are asked for, with the suite’s exclusions', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const docker = { gzipOrder: true, pathRules: ['path-exclude=/usr/share/man/*'] };
    const image = { settings: {}, sourcesStyle: 'deb822', signedBy: null, docker } as const;
    const job = { dockerSettings: true, pathRules: ['path-include=/usr/share/man/man1/*'] };
    const { seedFiles, lock } = await planWith({ mirrors: [mirror.url], recipe: { image }, job });
    const contents = new Map(seedFiles.map(({ path, content }) => [path, content]));
    expect(contents.has('etc/apt/apt.conf.d/docker-clean')).toBe(true);
    expect(contents.get('etc/apt/apt.conf.d/docker-gzip-indexes')).toContain(
      'CompressionTypes::Order:: "gz"',
    );
    expect(lock.pathRules).toEqual([...docker.pathRules, ...job.pathRules]);
    expect((await planWith({ mirrors: [mirror.url], recipe: { image } })).seedFiles).toHaveLength(1);
  });
});

describe('path rules that are too wide', () => {
  test.each([
    ['path-exclude=/var/*', 'skip', '`/var/*` would leave out `/var/lib/dpkg/status`'],
    ['path-exclude=/bin/*', 'run', '`/bin/*` would leave out `/bin/sh`'],
    ['path-exclude=/usr/bin/dpkg', 'run', '`/usr/bin/dpkg` would leave out `/usr/bin/dpkg`'],
  ] as const)('%s is refused with --scripts=%s', async (rule, scripts, message) => {
    await expect(planWith({ job: { pathRules: [rule], scripts } })).rejects.toMatchObject({
      code: 'usage/exclusion-too-wide',
      message: expect.stringContaining(message),
    });
  });

  test('may leave out the shell where no script runs', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const job = { pathRules: ['path-exclude=/bin/*'], scripts: 'skip' } as const;
    expect((await planWith({ mirrors: [mirror.url], job })).lock.pathRules).toEqual(job.pathRules);
  });
});
