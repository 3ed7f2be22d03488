/** Parsers of text from outside take time in proportion to it: twice the text, about twice the time. */
import { describe, expect, test } from 'vitest';
import { parseIndex } from '../src/families/apk/archive/index-file.ts';
import { readPkgInfo } from '../src/families/apk/package/pkginfo.ts';
import { openPackagesIndex } from '../src/families/apt/archive/packages-index.ts';
import { parseRelease } from '../src/families/apt/archive/release.ts';
import { parseLines, parseStanzas } from '../src/families/apt/archive/source-list.ts';
import { readControl } from '../src/families/apt/package/control.ts';
import { parseDepends } from '../src/families/apt/package/depends.ts';
import { compareVersions } from '../src/families/apt/package/version.ts';
import { readAr } from '../src/formats/ar.ts';
import { dearmor } from '../src/formats/armor.ts';
import { openCleartext } from '../src/formats/cleartext.ts';
import { parseDeb822 } from '../src/formats/deb822.ts';
import { readTar } from '../src/formats/tar.ts';
import { findStreams } from '../src/formats/xz.ts';
import { parseReference } from '../src/image/reference.ts';
import { followWith } from '../src/programs/file-view.ts';
import { parseChallenges } from '../src/registry/challenge.ts';
import { licenceOfCopyright } from '../src/sbom/copyright.ts';
import { growth } from './support/growth.js';
import { buildTar } from './support/tar.js';

const SIZE = 60_000;
const CONTROL = 'Package: a\nVersion: 1\nArchitecture: all\n';
/** A whole file, of a stream without a block. */
const XZ_OF_NOTHING = Buffer.from('/Td6WFoAAATm1rRGAAAAABzfRCEftvN9AQAAAAAEWVo=', 'base64');
const RELEASE = 'Date: Thu, 01 Jan 2026 00:00:00 UTC\n';
const PKGINFO = 'pkgname = a\npkgver = 1\narch = x86_64\ndatahash = a\n';
const cleartext = (text: string) =>
  Buffer.from(
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${text}x\n-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n`,
  );

/** Each with what is repeated, and where it stands. */
const readers: readonly (readonly [
  what: string,
  pumps: readonly string[],
  read: (pumped: string) => unknown,
])[] = [
  ['an InRelease', [' ', '\t\r', '- \n', 'a\n', ' \n'], (text) => openCleartext(cleartext(text), 'it')],
  ['armor', ['-----BEGIN X-----', 'a\n', '='], (text) => dearmor(`-----BEGIN X-----\n\n${text}`, 'X')],
  [
    'a Release',
    [' ', 'a: b\n', '\n ', 'SHA256:\n'],
    (text) => parseRelease(`${RELEASE}Codename: ${text}!\n`, 'it'),
  ],
  ['deb822', [' ', 'a\n', ' a\n', 'a:b\n', '\n\n', '#\n', ':'], (text) => parseDeb822(`${text}x: y\n`)],
  ['a control file', [' ', '\n ', 'a: b\n'], (text) => readControl(`${CONTROL}Depends: hello${text}!`, '')],
  [
    'conffiles',
    [' ', '/', '\n', 'remove-on-upgrade '],
    (text) => readControl(CONTROL, `/${text}x\nremove-on-upgrade ${text}`),
  ],
  ['relations', [' ', 'a,', 'a|', '(', ')', '<', ':a', 'a (= 1), '], (text) => parseDepends(`hello${text}!`)],
  ['versions', ['0', 'a', '~', '-', ':', '1a', '.'], (text) => compareVersions(`1${text}1`, `1${text}2`)],
  [
    'a list of sources',
    [' ', '[', ']', 'deb ', '\n', '#', 'a=b '],
    (text) => [parseLines(`deb ${text}`), parseStanzas(`Types: ${text}`)],
  ],
  [
    'Packages',
    ['word ', '\n word', 'a, ', '\n\n'],
    (text) => {
      const index = openPackagesIndex(
        Buffer.from(`Package: a\nProvides: ${text}\nDescription: ${text}\n\nPackage: b\nDepends: x, word\n`),
      );
      return [index.mention('word'), index.providing('a'), index.named('word').map(index.stanza)];
    },
  ],
  ['APKINDEX', ['P:a\n', 'D:a ', '\n', 'a ', ':', 'V:1.0'], (text) => parseIndex(`P:a\nV:1\nD:${text}\n`)],
  ['.PKGINFO', [' ', 'depend = a\n', '=', '# '], (text) => readPkgInfo(`${PKGINFO}pkgdesc = ${text}\n`)],
  ['ar', ['\0', ' ', '`\n'], (text) => readAr(Buffer.from(`!<arch>\n${text}`))],
  [
    'names in a tar',
    ['\0', 'a/', './', ' '],
    (text) => readTar(buildTar([{ path: `${text}x`, content: 'y' }])),
  ],
  ['references', ['a', ':', '@', '/', '.', 'a/', '-'], (text) => parseReference(text)],
  ['challenges', [' ', ',', 'a ', '="', 'a=b,', '\\"'], (text) => parseChallenges(`Bearer a="${text}`)],
  [
    'a copyright file',
    [' ', '\n', ' or ', ', ', ' and '],
    (text) => licenceOfCopyright(`Format: dep5\n\nFiles: *\nLicense: a${text}x\n`),
  ],
];

function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

describe('time grows as the text does', () => {
  test.each(readers)('%s', { timeout: 60_000 }, (_, pumps, read) => {
    for (const pump of pumps) {
      const times = growth((size) => outcome(() => read(pump.repeat(size / pump.length))), SIZE);
      expect(times, JSON.stringify(pump)).toBeLessThan(3.2);
    }
  });

  test('many streams of xz, and many parts of a path', { timeout: 60_000 }, () => {
    const streams = (size: number) => Buffer.alloc(size, XZ_OF_NOTHING);
    expect(growth((size) => findStreams(streams(size)), 2 ** 21)).toBeLessThan(3.2);
    const follow = followWith((path) => (path === '/link' ? { target: 'a/'.repeat(2000) } : 'directory'));
    expect(growth((size) => follow('a/'.repeat(size)), 2 ** 18)).toBeLessThan(3.2);
    expect(follow('/link')?.real).toHaveLength(4000);
  });
});
