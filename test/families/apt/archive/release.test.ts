import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseRelease } from '../../../../src/families/apt/archive/release.ts';
import { checkRelease, checkRollback } from '../../../../src/families/apt/archive/release-checks.ts';
import type { Pocket } from '../../../../src/families/apt/recipe.ts';
import type { Check } from '../../../../src/lock/lock.ts';

const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const SHA512 = SHA256 + SHA256;
const HEAD = 'Suite: oldstable\nCodename: bookworm\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n';
const parse = (text: string) => parseRelease(text, '`it`');

describe('parseRelease', () => {
  test('reads what a stable suite says', () => {
    const release = parse(
      `${HEAD}Acquire-By-Hash: yes\nNo-Support-for-Architecture-all: Packages\nArchitectures: all amd64\n` +
        `Components: main contrib\nMD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 x\nSHA256:\n ${SHA256}        7 main/binary-amd64/Packages\n`,
    );
    expect(release).toEqual({
      suite: 'oldstable',
      codename: 'bookworm',
      date: new Date('2026-07-11T10:16:37Z'),
      dateFault: null,
      validUntil: null,
      architectures: ['all', 'amd64'],
      components: ['main', 'contrib'],
      byHash: true,
      pin: 500,
      architectureAll: 'everywhere',
      files: new Map([
        ['main/binary-amd64/Packages', { size: 7, digest: { algorithm: 'sha256', hex: SHA256 } }],
      ]),
    });
  });

  test('takes the strongest digest, whatever stands first', () => {
    const release = parse(`${HEAD}SHA512:\n ${SHA512} 7 x\nSHA256:\n ${SHA256} 7 x\n ${SHA256} 8 y\n`);
    expect(release.files.get('x')?.digest.algorithm).toBe('sha512');
    expect(release.files.get('y')?.digest.algorithm).toBe('sha256');
  });

  test('of MD5 and SHA1 nothing is taken', () => {
    const release = parse(`${HEAD}SHA1:\n da39a3ee5e6b4b0d3255bfef95601890afd80709 0 x\n`);
    expect(release.files.size).toBe(0);
  });

  test.each([
    'Sat, 11 Jul 2026 10:16:37 UTC',
    'Saturday, 11-Jul-26 10:16:37 GMT',
    'Sat Jul 11 10:16:37 2026',
  ])('reads a date as apt does: %s', (date) => {
    expect(parse(`Date: ${date}\n`)).toMatchObject({
      date: new Date('2026-07-11T10:16:37Z'),
      dateFault: null,
    });
  });

  test.each([
    'Date: Thu, 19 Nov 2026 19:36:06 +0200\n',
    'Date: Thu, 08 Mai 2014 14:19:09 UTC\n',
    'Suite: x\n',
  ])('a Release of no day is refused, and taken with its switch: %j', (text) => {
    const options = { names: { suite: 'x/' }, now: new Date(), asOf: new Date(), maxAge: null };
    const check = (checksOff: readonly Check[]) =>
      checkRelease(parse(text), '`it`', { ...options, checksOff });
    expect(() => check([])).toThrow(
      expect.objectContaining({
        code: 'signature/no-date',
        hint: expect.stringContaining('check-date=no'),
      }),
    );
    expect(() => check(['date'])).not.toThrow();
  });

  test.each([
    ['bookworm/vendor/7.0', 'bookworm/vendor', true],
    ['bookworm/vendor/7.0', 'bookworm', false],
    ['bookworm', 'artifactory', false],
  ])('the suite %s may call itself %s: %s', (suite, name, may) => {
    const text = `Date: Sat, 11 Jul 2026 10:16:37 UTC\nSuite: ${name}\n`;
    const names = { suite, userUri: 'http://x' };
    const options = { names, now: new Date('2026-11-21'), asOf: new Date('2026-11-21'), maxAge: null };
    const check = () => checkRelease(parse(text), '`it`', { ...options, checksOff: [] });
    if (may) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ hint: expect.stringContaining('check-suite=no') }));
  });

  test.each([
    ['', 500],
    ['NotAutomatic: yes\n', 1],
    ['NotAutomatic: yes\nButAutomaticUpgrades: yes\n', 100],
    ['ButAutomaticUpgrades: yes\n', 500],
  ])('%j gives the pin %i', (fields, pin) => {
    expect(parse(HEAD + fields).pin).toBe(pin);
  });

  test.each([
    ['Architectures: amd64\n', 'untold'],
    ['Architectures: all amd64\n', 'separate'],
    ['Architectures: all amd64\nNo-Support-for-Architecture-all: Packages\n', 'everywhere'],
  ])('%j: packages of architecture all are listed: %s', (fields, where) => {
    expect(parse(HEAD + fields).architectureAll).toBe(where);
  });

  test.each([
    ['Thu, 19 Nov 2026  0:50:08 UTC', '2026-11-19T00:50:08Z'],
    ['Thu, 08 May 2014 14:19:09 UTC', '2014-05-08T14:19:09Z'],
    ['Thu, 8 May 2014 14:19:09 GMT', '2014-05-08T14:19:09Z'],
    ['Thu, 08 May 2014 14:19:09 +0000', '2014-05-08T14:19:09Z'],
  ])('reads the date %s', (date, iso) => {
    expect(parse(`Date: ${date}\n`).date).toEqual(new Date(iso));
  });

  test.each([
    ['', 'not one paragraph'],
    [`${HEAD}\nSuite: other\n`, 'not one paragraph'],
    [`${HEAD}Valid-Until: tomorrow\n`, 'not a date in UTC'],
    [`${HEAD}SHA256:\n abc 7 x\n`, 'SHA256'],
    [`${HEAD}SHA256:\n ${SHA256} -7 x\n`, 'SHA256'],
    [`${HEAD}SHA256:\n ${SHA256} 7 x y\n`, 'SHA256'],
  ])('%j is refused', (text, reason) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'signature/malformed', message: expect.stringContaining(reason) }),
    );
  });
});

describe('checkRelease', () => {
  const pocket: Pocket = { name: 'release', suite: 'bookworm', mirrors: { default: [] } };
  const NOW = new Date('2026-11-21T00:00:00Z');
  const check = (
    text: string,
    checksOff: readonly Check[] = [],
    maxAge: number | null = null,
    of = pocket,
  ): void => checkRelease(parse(text), '`it`', { names: of, now: NOW, asOf: NOW, checksOff, maxAge });

  test('takes a release of the suite and of today', () => {
    expect(() => check(`${HEAD}Valid-Until: Sat, 21 Nov 2026 00:00:00 UTC\n`)).not.toThrow();
  });

  test.each<[string, string, Check, string]>([
    ['signature/wrong-suite', HEAD.replace('bookworm', 'bullseye'), 'suite', '--no-check-suite'],
    [
      'signature/expired-valid-until',
      `${HEAD}Valid-Until: Fri, 20 Nov 2026 23:59:59 UTC\n`,
      'valid-until',
      '--no-check-valid-until',
    ],
    [
      'signature/date-in-future',
      HEAD.replace('11 Jul 2026 10:16:37', '21 Nov 2026 00:01:00'),
      'date',
      '--no-check-date',
    ],
  ])('%s, unless its own check is off', (code, text, switchedOff, option) => {
    expect(() => check(text)).toThrow(
      expect.objectContaining({ code, hint: expect.stringContaining(option) }),
    );
    expect(() => check(text, ['signature', 'rollback'])).toThrow(expect.objectContaining({ code }));
    expect(() => check(text, [switchedOff])).not.toThrow();
  });

  test('a clock that is seconds behind does no harm', () => {
    expect(() => check(HEAD.replace('11 Jul 2026 10:16:37', '21 Nov 2026 00:00:10'))).not.toThrow();
  });

  test('a Release older than --max-age is refused, though it carries no Valid-Until', () => {
    expect(() => check(HEAD, [], 200 * 86_400)).not.toThrow();
    expect(() => check(HEAD, [], 86_400)).toThrow(
      expect.objectContaining({ code: 'signature/too-old', message: expect.stringContaining('132.6 days') }),
    );
  });

  test('a name that the recipe knows beside the folder is right', () => {
    const security: Pocket = { ...pocket, suite: 'buster/updates', alsoNamed: ['buster'] };
    expect(() => check(HEAD.replace('bookworm', 'buster'), [], null, security)).not.toThrow();
  });

  test('a flat repository need not be named', () => {
    expect(() =>
      check('Date: Sat, 11 Jul 2026 10:16:37 UTC\n', [], null, { ...pocket, suite: './' }),
    ).not.toThrow();
  });

  test('a Release older than the one seen before is refused', () => {
    const release = parse(HEAD);
    expect(() => checkRollback(release, null, '`it`')).not.toThrow();
    expect(() => checkRollback(release, release.date, '`it`')).not.toThrow();
    expect(() => checkRollback(release, new Date('2026-07-12T00:00:00Z'), '`it`')).toThrow(
      expect.objectContaining({
        code: 'signature/rollback',
        hint: expect.stringContaining('--no-check-rollback'),
      }),
    );
  });
});

const noble = new URL('../../../../../shared/data/ubuntu-noble-mirror/dists/noble/Release', import.meta.url);
test.skipIf(!existsSync(noble))('a real Release of noble', () => {
  const release = parse(readFileSync(noble, 'latin1'));
  expect(release.codename).toBe('noble');
  expect(release.files.get('main/binary-amd64/Packages.xz')?.digest.algorithm).toBe('sha256');
});
