/** Whatever a text from outside says: a value, or an error that a user can read. `FUZZ_SEED` and `FUZZ_RUNS` for longer runs. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MkbaseError } from '../src/errors.ts';
import { parseIndex } from '../src/families/apk/archive/index-file.ts';
import { parseDependencies } from '../src/families/apk/package/dependency.ts';
import { readPkgInfo } from '../src/families/apk/package/pkginfo.ts';
import { openPackagesIndex } from '../src/families/apt/archive/packages-index.ts';
import { parseRelease } from '../src/families/apt/archive/release.ts';
import { readSourceList } from '../src/families/apt/archive/source-list.ts';
import { readControl } from '../src/families/apt/package/control.ts';
import { parseDepends } from '../src/families/apt/package/depends.ts';
import { apkIdentity, splitApk } from '../src/formats/apk-members.ts';
import { openCleartext } from '../src/formats/cleartext.ts';
import { readElf } from '../src/formats/elf.ts';
import { compileGlob } from '../src/formats/glob.ts';
import { shellWords } from '../src/hooks/shell-words.ts';
import { applyChanges } from '../src/image/dockerfile/change.ts';
import { parseReference } from '../src/image/reference.ts';
import { readImagesFile } from '../src/refresh/images-file.ts';
import { buildApk } from './support/apk.ts';
import { buildElf } from './support/elf.ts';

const { FUZZ_SEED: seed = '1', FUZZ_RUNS: numRuns = '400' } = process.env;
const RUNS = { seed: Number(seed), numRuns: Number(numRuns) };

const HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

const INSTRUCTIONS = ['', 'ENV ', 'CMD ', 'HEALTHCHECK ', 'LABEL ', 'EXPOSE ', 'VOLUME '];

/** Each with a sound text, and what reads it. */
const readers: readonly (readonly [what: string, sound: string, read: (text: string) => unknown])[] = [
  [
    'an InRelease',
    '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSuite: a\n- -b\n-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n',
    (text) => openCleartext(latin1(text), 'it'),
  ],
  [
    'a Release',
    `Suite: a\nCodename: b\nDate: Sat, 11 Jul 2026 10:16:37 UTC\nValid-Until: Sat Jul 11 10:16:37 2027\nArchitectures: amd64 all\nSHA256:\n ${HASH} 12 main/binary-amd64/Packages.gz\n`,
    (text) => parseRelease(text, 'it'),
  ],
  [
    'Packages',
    'Package: a\nVersion: 1:2.0-1\nEssential: yes\nPriority: required\nProvides: b (= 1), c\nDepends: d (>= 1) | e [amd64],\n f\nTask: x, y\n\nPackage: g\n',
    (text) => {
      const index = openPackagesIndex(latin1(text));
      return [...index.names(), 'a', 'd'].map((name) => [
        index.mention(name),
        index.providing(name),
        index.ofTask(name),
        index.named(name).map(index.stanza),
      ]);
    },
  ],
  [
    'a control file',
    'Package: a\nVersion: 1:2.0-1\nArchitecture: amd64\nDepends: b (>= 1)\nInstalled-Size: 12\nDescription: x\n y\n',
    (text) => readControl(text, text),
  ],
  ['relations', 'a:any (>= 1:2~x) | b [!amd64] <!nocheck>, c (= 1)', parseDepends],
  [
    'a list of sources',
    'deb [arch=amd64,i386 signed-by="/x y"] http://a.example/b c d e # f\ndeb file:/x ./\n',
    (text) => [readSourceList(text, 'one-line', 'it')],
  ],
  [
    'stanzas of sources',
    'Types: deb\nURIs: http://a.example/\nSuites: x y/\nComponents: main\nEnabled: no\nSigned-By:\n -----BEGIN\n .\n',
    (text) => readSourceList(text, 'deb822', 'it'),
  ],
  [
    'APKINDEX',
    'C:Q1abcdefghijklmnopqrstuvwxyzA=\nP:a\nV:1.0_rc1-r0\nA:x86_64\nS:12\nI:34\nD:b>=1 !c so:d.so.1~2@e\np:f=1\ni:g h\nk:10\nt:12\n\n',
    parseIndex,
  ],
  ['dependencies of apk', 'a>=1.0-r0 !b so:c.so.1=1 d~2@e f><Q1abc=', parseDependencies],
  [
    '.PKGINFO',
    `# made\npkgname = a\npkgver = 1.0-r0\narch = x86_64\nsize = 12\nbuilddate = 3\ndepend = b>=1\ntriggers = /x:/y\ndatahash = ${HASH}\n`,
    readPkgInfo,
  ],
  [
    'images.yaml',
    'defaults:\n  suite: trixie\n  arch: [amd64]\nimages:\n  - name: a\n    target: docker://r.example/a:1\n    include: [b, "c"]\n',
    (text) => readImagesFile(text, 'images.yaml'),
  ],
  [
    'the instructions of a Dockerfile',
    'ENV a="b $c" d=$e\\g HEALTHCHECK --interval=5s CMD ["a", "b"]',
    (text) => Promise.all(INSTRUCTIONS.map((name) => settled(() => applyChanges({}, [name + text])))),
  ],
  ['words of a shell', `a 'b c' "d \\" $e" f\\ g # h`, shellWords],
  ['globs', '/usr/**/[!a-z]*.{so,a}?\\*', (text) => compileGlob(text, { pathname: true })],
  ['references', `r.example:5000/a/b-c__d:1.0@sha256:${HASH}`, parseReference],
  [
    'the members of an apk',
    buildApk({ name: 'a', files: { b: 'c' } }).toString('latin1'),
    (text) => [apkIdentity(latin1(text)), splitApk(latin1(text))],
  ],
  ['ELF', buildElf({}).toString('latin1'), (text) => readElf(latin1(text))],
];

/** A text with pieces left out, doubled, moved, or put in: what its own grammar is made of, or any bytes. */
function changed(sound: string): fc.Arbitrary<string> {
  const pieces = sound.match(/[\w.]+|[^\w.]/gs) ?? [];
  const any = fc
    .uint8Array({ minLength: 1, maxLength: 4 })
    .map((bytes) => Buffer.from(bytes).toString('latin1'));
  const piece = fc.oneof(fc.constantFrom(...pieces, '', '\n', '\0', '-', '9'.repeat(40), '__proto__'), any);
  const change = fc.record({
    at: fc.nat(pieces.length - 1),
    drop: fc.nat(3),
    put: fc.array(piece, { maxLength: 4 }),
  });
  return fc.array(change, { maxLength: 6 }).map((changes) => {
    const text = [...pieces];
    for (const { at, drop, put } of changes) text.splice(at, drop, ...put);
    return text.join('');
  });
}

async function settled(read: () => unknown): Promise<void> {
  try {
    await read();
  } catch (error) {
    expect(error).toBeInstanceOf(MkbaseError);
    expect((error as MkbaseError).code).not.toMatch(/^internal\//);
  }
}

test.each(readers)('%s', { timeout: 600_000 }, async (_, sound, read) => {
  await fc.assert(
    fc.asyncProperty(changed(sound), (text) => settled(() => read(text))),
    RUNS,
  );
});
