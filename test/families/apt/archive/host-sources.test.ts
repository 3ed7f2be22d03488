import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LentMirrors } from '../../../../src/families/apt/archive/host-sources.ts';
import { lending, lentMirrors, readHostSources } from '../../../../src/families/apt/archive/host-sources.ts';
import { mirrorListOf, suiteFolder } from '../../../../src/families/apt/archive/mirrors.ts';
import { parseLines, parseStanzas } from '../../../../src/families/apt/archive/source-list.ts';
import type { AptRecipe } from '../../../../src/families/apt/recipe.ts';
import { urlOf, withoutCredentials } from '../../../../src/families/mirror-address.ts';
import { builtInRecipes, listedBuiltIn } from '../../../../src/recipe/built-in.ts';
import { findRecipe } from '../../../../src/recipe/recipes.ts';
import { temporaryDirectory } from '../../../fetch/support.ts';

const recipes = builtInRecipes();

const debian = recipes.filter(({ distribution }) => distribution === 'debian');
const lines = (text: string) => lentMirrors(parseLines(text), debian);
const stanzas = (text: string) => lentMirrors(parseStanzas(text), debian);
const NONE = { archive: [], security: [] };

describe('the host’s sources, one line each', () => {
  test('lend the archive and the security mirror', () => {
    expect(
      lines(
        'deb http://near/debian/ bookworm main contrib # near\n' +
          'deb http://near/debian bookworm-updates main\n' +
          ' deb [ arch=amd64,arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg ] https://far/debian trixie main\n' +
          'deb http://near/debian-security bookworm-security main\n' +
          'deb http://old/security stable/updates main\n',
      ),
    ).toEqual({
      archive: ['http://near/debian', 'https://far/debian'],
      security: ['http://near/debian-security', 'http://old/security'],
    });
  });

  test.each([
    ['a comment', '# deb http://x/debian bookworm main'],
    ['a source of sources', 'deb-src http://x/debian bookworm main'],
    ['a trusted one', 'deb [trusted=yes] http://x/debian bookworm main'],
    ['a trusted one with other options', 'deb [arch=amd64 Trusted=True] http://x/debian bookworm main'],
    ['one that may be insecure', 'deb [allow-insecure=yes] http://x/debian bookworm main'],
    ['another distribution', 'deb http://archive.ubuntu.com/ubuntu noble main'],
    ['a suite of a third party', 'deb https://x/apt cloud-sdk-bookworm main'],
    ['a third party with the same suite and another component', 'deb https://x/linux/debian bookworm stable'],
    [
      'a third party with the same suite and a key of its own',
      'deb [signed-by=/usr/share/keyrings/sury.gpg] https://x/php bookworm main',
    ],
    ['a medium', 'deb cdrom:[Debian]/ bookworm main'],
    ['a folder', 'deb file:/srv/debian bookworm main'],
    ['a flat repository', 'deb http://x/debs ./'],
    ['a line cut off', 'deb http://x/debian'],
  ])('%s lends nothing', (_, text) => {
    expect(lines(`${text}\n`)).toEqual(NONE);
  });
});

describe('the host’s sources in stanzas', () => {
  const stanza =
    'Types: deb deb-src\nURIs: http://a/debian http://b/debian\nSuites: bookworm bookworm-updates\nComponents: main\n';

  test('lend every address', () => {
    expect(
      stanzas(
        `${stanza}Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp\n\nTypes: deb\nURIs: http://a/sec/\nSuites: bookworm-security\nComponents: main\n`,
      ),
    ).toEqual({ archive: ['http://a/debian', 'http://b/debian'], security: ['http://a/sec'] });
  });

  test.each([
    'Enabled: no',
    'Trusted: yes',
    'Allow-Insecure: yes',
    'Signed-By: /etc/apt/keyrings/other.asc',
    'Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc',
  ])('%j lends nothing', (field) => {
    expect(stanzas(`${stanza}${field}\n`)).toEqual(NONE);
  });

  test('without `deb` among the types nothing is lent', () => {
    expect(stanzas(stanza.replace('deb deb-src', 'deb-src'))).toEqual(NONE);
  });
});

test('all files of the folder are read, in apt’s order, and others are not', async () => {
  const folder = await temporaryDirectory();
  await mkdir(join(folder, 'sources.list.d'));
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  await write('sources.list', 'deb http://1/debian bookworm main\n');
  await write('sources.list.d/b.list', 'deb http://3/debian bookworm main\n');
  await write(
    'sources.list.d/a.sources',
    'Types: deb\nURIs: http://2/debian\nSuites: sid\nComponents: main\n',
  );
  await write('sources.list.d/c.list.save', 'deb http://4/debian bookworm main\n');
  await mkdir(join(folder, 'sources.list.d/d.list'));
  expect(lentMirrors(await readHostSources(folder), recipes).archive).toEqual(
    [1, 2, 3].map((at) => `http://${at}/debian`),
  );
  await chmod(join(folder, 'sources.list'), 0);
  expect(await readHostSources(join(folder, 'none'))).toEqual([]);
});

describe('lending', () => {
  const near = parseLines('deb http://near/debian bookworm main\ndeb http://near/ubuntu noble main\n');
  const lent = lending(near, listedBuiltIn());
  const archiveOf = (url: string) => lent({ mirrors: { default: [url] } }).archive;

  test('a pocket gets mirrors of the distribution whose archive it is in, whatever its recipe is of', () => {
    expect(archiveOf('http://ftp.debian.org/debian')).toEqual(['http://near/debian']);
    expect(archiveOf('http://archive.ubuntu.com/ubuntu')).toEqual(['http://near/ubuntu']);
  });

  test('one in an archive of its own gets none, though its recipe is like Debian', () => {
    expect(archiveOf('http://archive.example/acme')).toEqual([]);
  });
});

describe('mirrorListOf', () => {
  const [release, , security] = (findRecipe('bookworm') as AptRecipe).pockets;
  const lent: LentMirrors = { archive: ['http://near/pub/debian'], security: [] };
  const mirrors = (pocket: typeof release, mirror: string | null, from = lent) =>
    mirrorListOf(pocket!, { arch: 'amd64', hostArch: 'amd64', mirror, lent: from }).mirrors;

  test('the host’s mirrors come before the recipe’s', () => {
    expect(mirrors(release, null)).toEqual(['http://near/pub/debian', 'http://ftp.debian.org/debian']);
    expect(mirrors(release, null, { archive: [], security: [] })).toEqual(['http://ftp.debian.org/debian']);
  });

  test('a security mirror is derived where the host names none', () => {
    const official = 'http://security.debian.org/debian-security';
    expect(mirrors(security, null)).toEqual(['http://near/pub/debian-security', official]);
    expect(mirrors(security, null, { archive: ['http://x/mirror'], security: [] })).toEqual([official]);
    expect(mirrors(security, null, { ...lent, security: ['http://sec/d'] })).toEqual([
      'http://sec/d',
      official,
    ]);
  });

  test('an explicit mirror stands alone, and for security its sibling goes before the usual ones', () => {
    expect(mirrors(release, 'http://me:pw@m/debian/')).toEqual(['http://me:pw@m/debian']);
    expect(mirrors(security, 'http://s/archive/debian/20260101T000000Z/')).toEqual([
      'http://s/archive/debian-security/20260101T000000Z',
      'http://s/archive/debian/20260101T000000Z',
      'http://near/pub/debian-security',
      'http://security.debian.org/debian-security',
    ]);
  });

  test('mirrors may differ by architecture', () => {
    const mirrors = { default: ['http://ports'], amd64: ['http://archive'] };
    const official = (arch: string) =>
      mirrorListOf({ ...release!, mirrors }, { arch, hostArch: 'amd64', mirror: null, lent });
    expect(official('amd64')).toMatchObject({
      official: 'http://archive',
      mirrors: ['http://near/pub/debian', 'http://archive'],
    });
    // The mirrors that an amd64 host uses have no ports.
    expect(official('arm64')).toMatchObject({ official: 'http://ports', mirrors: ['http://ports'] });
  });
});

test.each([
  ['pool/main/a/a_1.deb', 'http://m/debian/pool/main/a/a_1.deb'],
  ['pool/g++_1~rc1.deb', 'http://m/debian/pool/g%2B%2B_1~rc1.deb'],
  ['pool/a_1%3a2.deb', 'http://m/debian/pool/a_1%253a2.deb'],
  ['pool/\xe9?#.deb', 'http://m/debian/pool/%E9%3F%23.deb'],
])('urlOf escapes %j byte by byte', (path, url) => {
  expect(urlOf('http://m/debian', path)).toBe(url);
});

test.each([
  ['bookworm', 'dists/bookworm/'],
  ['buster/updates', 'dists/buster/updates/'],
  ['./', ''],
  ['/', ''],
  ['sub/', 'sub/'],
  ['./sub/', 'sub/'],
])('the folder of %s is %j', (suite, folder) => {
  expect(suiteFolder(suite)).toBe(folder);
});

test('an address is shown without its password', () => {
  expect(withoutCredentials('https://me:pw@m/debian/')).toBe('https://m/debian');
});
