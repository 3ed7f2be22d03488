import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Check } from '../../../../src/lock/lock.ts';
import { temporaryDirectory } from '../../../fetch/support.ts';
import type { SuiteSpec } from '../../../support/apt-repository.ts';
import { makeKey } from '../../../support/key.ts';
import { inputsWith, mirrorOf, namesOf, planWith, suiteSpec } from '../plan-support.ts';

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const INRELEASE = 'dists/bookworm/InRelease';

describe('a Release that proves nothing', () => {
  const cases: readonly (readonly [string, string, string, () => Promise<Partial<SuiteSpec>>])[] = [
    ['is not signed', 'signature/missing', '--no-check-sig', async () => ({ keys: [] })],
    [
      'is signed by an unknown key',
      'signature/unknown-key',
      '--keyring',
      async () => ({ keys: [await makeKey()] }),
    ],
    [
      'was changed after it was signed',
      'signature/bad',
      'another mirror',
      async () => ({ editInRelease: (text) => text.replace('Label: Test', 'Label: Evil') }),
    ],
    [
      'has text before the signed block',
      'signature/missing',
      '--mirror',
      async () => ({ editInRelease: (text) => `Suite: evil\n${text}` }),
    ],
    [
      'has text after the signed block',
      'signature/malformed',
      '--mirror',
      async () => ({ editInRelease: (text) => `${text}Suite: evil\n` }),
    ],
    [
      'lists no strong digest of its indexes',
      'signature/index-without-hash',
      'SHA256',
      async () => ({ releaseHashes: ['MD5Sum', 'SHA1'] }),
    ],
    [
      'lists packages without digests',
      'signature/index-without-hash',
      'SHA256',
      async () => ({ packageHashes: ['MD5Sum'] }),
    ],
  ];
  test.each(cases)('%s: %s', async (_, code, hint, change) => {
    const mirror = await mirrorOf(suiteSpec(await change()));
    await expect(planWith({ mirrors: [mirror.url] })).rejects.toMatchObject({
      code,
      hint: expect.stringContaining(hint),
    });
  });

  test('without the signature check it is taken, and the lock says so', async () => {
    const mirror = await mirrorOf(suiteSpec({ keys: [] }));
    const { lock } = await planWith({ mirrors: [mirror.url], job: { checksOff: ['signature'] } });
    expect(lock.checksOff).toEqual(['signature']);
    expect(lock.indexes[0]!.signedBy).toBeNull();
  });

  test('a key that expired or was revoked since it signed', async () => {
    const expired = await makeKey({ expires: day('2026-01-05') });
    const revoked = await makeKey({ revoked: day('2026-01-05') });
    for (const [key, code] of [
      [expired, 'signature/key-expired'],
      [revoked, 'signature/key-revoked'],
    ] as const) {
      const keyring = join(await temporaryDirectory(), 'key.gpg');
      await writeFile(keyring, key.binary);
      const mirror = await mirrorOf(suiteSpec({ keys: [key] }));
      await expect(planWith({ mirrors: [mirror.url], job: { keyrings: [keyring] } })).rejects.toMatchObject({
        code,
      });
    }
  });

  test('Release with Release.gpg is as good as InRelease', async () => {
    const mirror = await mirrorOf(suiteSpec({ signatures: ['Release.gpg'] }));
    const { lock } = await planWith({ mirrors: [mirror.url] });
    const inline = await mirrorOf(suiteSpec());
    const [index] = (await planWith({ mirrors: [inline.url] })).lock.indexes;
    expect(lock.indexes).toEqual([{ ...index, uri: mirror.url }]);
    mirror.files.set('dists/bookworm/Release', Buffer.from('Suite: evil\n'));
    await expect(planWith({ mirrors: [mirror.url] })).rejects.toMatchObject({ code: 'signature/bad' });
    mirror.files.delete('dists/bookworm/Release.gpg');
    await expect(planWith({ mirrors: [mirror.url] })).rejects.toMatchObject({ code: 'signature/missing' });
  });

  test('a keyring that is no keyring', async () => {
    const keyring = join(await temporaryDirectory(), 'key.gpg');
    await writeFile(keyring, 'nothing');
    const mirror = await mirrorOf(suiteSpec());
    await expect(planWith({ mirrors: [mirror.url], job: { keyrings: [keyring] } })).rejects.toMatchObject({
      code: 'usage/bad-keyring',
    });
  });
});

describe('a Release of the wrong time or suite', () => {
  const cases: readonly (readonly [string, Check, Partial<SuiteSpec>])[] = [
    ['signature/expired-valid-until', 'valid-until', { validUntil: day('2026-01-09') }],
    ['signature/date-in-future', 'date', { date: day('2026-01-11'), signed: day('2026-01-01') }],
    ['signature/wrong-suite', 'suite', { release: { Suite: 'oldstable', Codename: 'bullseye' } }],
  ];
  test.each(cases)('%s, which has a switch of its own', async (code, check, change) => {
    const mirror = await mirrorOf(suiteSpec(change));
    await expect(planWith({ mirrors: [mirror.url] })).rejects.toMatchObject({
      code,
      hint: expect.stringContaining(`--no-check-${check}`),
    });
    const { lock } = await planWith({ mirrors: [mirror.url], job: { checksOff: [check] } });
    expect(lock.checksOff).toEqual([check]);
  });

  test('a frozen pocket beside fresh ones is seen by its age alone', async () => {
    const mirror = await mirrorOf(
      suiteSpec({ date: day('2026-01-09') }),
      suiteSpec({ suite: 'bookworm-updates', date: day('2025-11-01') }),
    );
    const options = { mirrors: [mirror.url], job: { pockets: ['release', 'updates'] as const } };
    await expect(planWith(options)).resolves.toBeDefined();
    await expect(planWith({ ...options, job: { ...options.job, maxAge: 7 * 86_400 } })).rejects.toMatchObject(
      {
        code: 'signature/too-old',
        message: expect.stringContaining('bookworm-updates'),
      },
    );
  });

  test('a Release older than the one seen before is a lagging mirror’s, or refused', async () => {
    const cache = await temporaryDirectory();
    const [fresh, old] = await Promise.all([
      mirrorOf(suiteSpec({ date: day('2026-01-05') })),
      mirrorOf(suiteSpec({ date: day('2026-01-02') })),
    ]);
    await planWith({ mirrors: [old.url], cache });
    await planWith({ mirrors: [fresh.url], cache });

    const plan = await planWith({ mirrors: [old.url, fresh.url], cache });
    expect(plan.lock.indexes[0]!.date).toBe('2026-01-05T00:00:00Z');
    expect(plan.urlsOf('x', 'release')[0]).toBe(`${fresh.url}/x`);
    expect(plan.warnings).toEqual(['a mirror of `bookworm` was passed over: signature/rollback']);

    await expect(planWith({ mirrors: [old.url], cache })).rejects.toMatchObject({
      code: 'signature/rollback',
      hint: expect.stringContaining('--no-check-rollback'),
    });
    const taken = await planWith({ mirrors: [old.url], cache, job: { checksOff: ['rollback'] } });
    expect(taken.lock.indexes[0]!.date).toBe('2026-01-02T00:00:00Z');
  });

  test('what was taken without a check is not remembered as seen', async () => {
    const cache = await temporaryDirectory();
    const forged = await mirrorOf(suiteSpec({ keys: [], date: day('2026-01-09') }));
    await planWith({ mirrors: [forged.url], cache, job: { checksOff: ['signature'] } });
    const mirror = await mirrorOf(suiteSpec());
    await expect(planWith({ mirrors: [mirror.url], cache })).resolves.toBeDefined();
  });
});

describe('a mirror that is not well', () => {
  test.each([
    ['shows a web page', 'network/not-a-package', { kind: 'html' }],
    ['forbids', 'network/forbidden', { kind: 'status', status: 403 }],
    ['fails', 'network/server-error', { kind: 'status', status: 500 }],
    ['breaks off', 'network/cut', { kind: 'cut', after: 100 }],
  ] as const)('%s (%s): the next mirror is taken, with a warning', async (_, code, fault) => {
    const [bad, good] = await Promise.all([mirrorOf(suiteSpec()), mirrorOf(suiteSpec())]);
    bad.faults.set(INRELEASE, fault);
    const plan = await planWith({ mirrors: [bad.url, good.url] });
    expect(namesOf(plan)).toEqual(['base']);
    expect(plan.warnings).toEqual([`a mirror of \`bookworm\` was passed over: ${code}`]);
    await expect(planWith({ mirrors: [bad.url] })).rejects.toMatchObject({ code });
  });

  test('a changed text ends the search, though another mirror would do', async () => {
    const [bad, good] = await Promise.all([
      mirrorOf(suiteSpec({ editInRelease: (text) => text.replace('Label: Test', 'Label: Evil') })),
      mirrorOf(suiteSpec()),
    ]);
    await expect(planWith({ mirrors: [bad.url, good.url] })).rejects.toMatchObject({ code: 'signature/bad' });
  });

  test('a missing pocket is an error that names --pockets', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const options = { mirrors: [mirror.url], job: { pockets: ['release', 'updates'] as const } };
    await expect(planWith(options)).rejects.toMatchObject({
      code: 'network/missing-pocket',
      message: 'the mirror has no `bookworm-updates`',
      hint: expect.stringContaining('--pockets'),
    });
  });

  test('the security pocket comes from the sibling of an explicit mirror', async () => {
    const files = await mirrorOf(suiteSpec());
    const security = await mirrorOf(suiteSpec({ suite: 'bookworm-security', packages: [] }));
    for (const [path, bytes] of [...files.files]) files.files.set(`debian/${path}`, bytes);
    for (const [path, bytes] of security.files) files.files.set(`debian-security/${path}`, bytes);
    const job = { mirror: `${files.url}/debian`, pockets: ['release', 'security'] as const };
    const plan = await planWith({ job });
    expect(plan.seedFiles[0]!.content).toContain(
      `URIs: ${files.url}/debian-security\nSuites: bookworm-security\n`,
    );
    expect(plan.warnings).toEqual([]);

    for (const path of [...files.files.keys()]) if (path.startsWith('debian-s')) files.files.delete(path);
    const fallback = await planWith({ job, security: [security.url] });
    expect(fallback.urlsOf('x', 'security')[0]).toBe(`${security.url}/x`);
    expect(fallback.warnings).toEqual([
      'the given mirror has no `bookworm-security`: it comes from the usual mirrors',
    ]);
  });

  test('an explicit mirror replaces the mirrors of the other pockets', async () => {
    const [empty, good] = await Promise.all([mirrorOf(), mirrorOf(suiteSpec())]);
    await expect(planWith({ job: { mirror: empty.url }, mirrors: [good.url] })).rejects.toMatchObject({
      code: 'network/missing-pocket',
    });
    await expect(planWith({ job: { mirror: 'ftp://x/debian' } })).rejects.toMatchObject({
      code: 'usage/bad-mirror',
    });
  });

  test('a mirror in the midst of an update is asked again', async () => {
    const mirror = await mirrorOf(suiteSpec({ byHash: false, date: day('2026-01-02') }));
    const updated = await mirrorOf(
      suiteSpec({
        byHash: false,
        packages: [{ name: 'base', version: '2.0', priority: 'required' }],
        date: day('2026-01-03'),
      }),
    );
    const before = mirror.files.get(INRELEASE)!;
    for (const [path, bytes] of updated.files) mirror.files.set(path, bytes);
    mirror.faults.set(INRELEASE, { kind: 'content', content: before, times: 1 });
    const { lock } = await planWith({ mirrors: [mirror.url] });
    expect(lock.packages[0]!.version).toBe('2.0');
  });

  test('one that stays so is told apart from an attack', async () => {
    const mirror = await mirrorOf(suiteSpec({ byHash: false, indexCodecs: ['none'] }));
    const path = 'dists/bookworm/main/binary-amd64/Packages';
    mirror.files.set(path, Buffer.alloc(mirror.files.get(path)!.length));
    await expect(planWith({ mirrors: [mirror.url] })).rejects.toMatchObject({
      code: 'package/wrong-hash',
      hint: expect.stringContaining('being updated'),
    });
    mirror.files.set(path, Buffer.alloc(7));
    await expect(planWith({ mirrors: [mirror.url] })).rejects.toMatchObject({ code: 'package/wrong-size' });

    const attacked = await mirrorOf(suiteSpec({ indexCodecs: ['none'] }));
    for (const [name, bytes] of attacked.files) {
      if (name.includes('binary-amd64')) attacked.files.set(name, Buffer.alloc(bytes.length));
    }
    await expect(planWith({ mirrors: [attacked.url] })).rejects.toMatchObject({
      code: 'package/wrong-hash',
      hint: expect.stringContaining('attack'),
    });
  });

  test('an index that unpacks to more than Release says is refused', async () => {
    const gz = await mirrorOf(
      suiteSpec({
        indexCodecs: ['gz', 'none'],
        editRelease: (text) => text.replace(/ (\S{64}) \d+ (main\/binary-amd64\/Packages)$/m, ' $1 5 $2'),
      }),
    );
    await expect(planWith({ mirrors: [gz.url] })).rejects.toMatchObject({
      code: 'package/decompression-bomb',
    });
  });

  test('the first pocket in order explains a failure, whichever is faster', async () => {
    const mirror = await mirrorOf(
      suiteSpec({ validUntil: day('2026-01-09') }),
      suiteSpec({ suite: 'bookworm-updates', keys: [] }),
    );
    mirror.faults.set(INRELEASE, { kind: 'slow', bytesPerSecond: 20_000 });
    await expect(
      planWith({ mirrors: [mirror.url], job: { pockets: ['release', 'updates'] } }),
    ).rejects.toMatchObject({
      code: 'signature/expired-valid-until',
    });
  });
});

describe('an architecture that an archive has no more', () => {
  const i386 = { arches: ['i386'], packages: [], date: day('2026-01-05') };
  const security = { suite: 'bookworm-security', ...i386 };
  const both = ['release', 'security'] as const;

  test('of a pocket beside the suite: the pocket is passed over with a warning', async () => {
    const mirror = await mirrorOf(suiteSpec());
    const other = await mirrorOf(suiteSpec(security));
    const options = { mirrors: [mirror.url], security: [other.url], job: { pockets: both } };
    const { lock, warnings } = await planWith(options);
    expect(lock.packages.map(({ name }) => name)).toEqual(['base']);
    expect(warnings).toEqual(['`bookworm-security` has nothing for `amd64`: it is passed over']);
    expect(await inputsWith(options)).toBe(lock.inputsDigest);
  });

  test('of the suite itself: it is named', async () => {
    const mirror = await mirrorOf(suiteSpec(i386));
    await expect(planWith({ mirrors: [mirror.url] })).rejects.toMatchObject({
      code: 'usage/unknown-architecture',
      hint: expect.stringContaining('i386'),
    });
  });

  test('of the first mirror: the next one is asked, even where its Release is the older one', async () => {
    const without = await mirrorOf(suiteSpec(i386));
    const mirror = await mirrorOf(suiteSpec());
    const cache = await temporaryDirectory();
    for (let time = 0; time < 2; time++) {
      const plan = await planWith({ mirrors: [without.url, mirror.url], cache });
      expect(plan.urlsOf('x', 'release')[0]).toBe(`${mirror.url}/x`);
      expect(plan.warnings).toEqual(['a mirror of `bookworm` was passed over: usage/unknown-architecture']);
    }
  });

  test('of all mirrors but one that is forged: that ends the search', async () => {
    const without = await mirrorOf(suiteSpec(security));
    const forged = await mirrorOf(
      suiteSpec({
        ...security,
        arches: ['amd64'],
        editInRelease: (text) => text.replace('Label: Test', 'Label: Evil'),
      }),
    );
    const mirror = await mirrorOf(suiteSpec());
    const options = { mirrors: [mirror.url], security: [without.url, forged.url], job: { pockets: both } };
    await expect(planWith(options)).rejects.toMatchObject({ code: 'signature/bad' });
  });
});

test('packages that the index gives a SHA512 alone are checked by that', async () => {
  const mirror = await mirrorOf(suiteSpec({ packageHashes: ['SHA512'] }));
  const { lock } = await planWith({ mirrors: [mirror.url] });
  expect(lock.packages[0]!.digest).toMatch(/^sha512:[0-9a-f]{128}$/);
});
