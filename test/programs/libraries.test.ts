import { describe, expect, it } from 'vitest';
import { readElf } from '../../src/formats/elf.ts';
import { findLibraries } from '../../src/programs/libraries.ts';
import { contentsView, emptyContents, putFile } from '../../src/scratch/contents.ts';
import { buildElf, type ElfParts } from '../support/elf.ts';

const LOADER = '/lib64/ld-linux-x86-64.so.2';
const GNU = 'lib/x86_64-linux-gnu';

/** A system of these files; `→ path` makes a link. */
function viewOf(files: Readonly<Record<string, ElfParts | string>>) {
  const contents = emptyContents();
  for (const [path, content] of Object.entries(files)) {
    if (typeof content !== 'string') {
      putFile(contents, path, buildElf({ type: 3, ...content }));
    } else if (content.startsWith('→ ')) {
      const target = content.slice(2);
      contents.tree.set(path, { type: 'symlink', target, mode: 0o777, uid: 0, gid: 0, mtime: 0 });
    } else putFile(contents, path, content);
  }
  return contentsView(contents);
}

function librariesOf(
  parts: ElfParts,
  files: Readonly<Record<string, ElfParts | string>>,
  options: { at?: string; place?: string; interpreter?: string } = {},
) {
  const { at = '/usr/bin/app', place = at, interpreter = LOADER } = options;
  const elf = readElf(buildElf({ interpreter, ...parts }));
  return findLibraries({ elf, arch: 'amd64', at, place }, viewOf({ [interpreter.slice(1)]: {}, ...files }));
}

const pathsOf = (...call: Parameters<typeof librariesOf>) =>
  librariesOf(...call).libraries.map(({ at }) => at);

describe('findLibraries', () => {
  it('finds what a program needs and what that needs, once each, the dynamic linker first', () => {
    const found = librariesOf(
      { needed: ['liba.so.1', 'libc.so.6'] },
      {
        [`${GNU}/liba.so.1`]: '→ liba.so.1.2',
        [`${GNU}/liba.so.1.2`]: { soname: 'liba.so.1', needed: ['libc.so.6', 'ld-linux-x86-64.so.2'] },
        [`${GNU}/libc.so.6`]: { soname: 'libc.so.6' },
      },
    );
    expect(found.missing).toEqual([]);
    expect(found.libraries.map(({ at }) => at)).toEqual([LOADER, `/${GNU}/liba.so.1`, `/${GNU}/libc.so.6`]);
    expect(found.libraries[1]?.followed).toMatchObject({ real: `/${GNU}/liba.so.1.2` });
    expect([...found.libraries[1]!.followed.links]).toEqual([[`/${GNU}/liba.so.1`, 'liba.so.1.2']]);
  });

  it('needs none for a static program', () => {
    const elf = readElf(buildElf());
    expect(findLibraries({ elf, arch: 'amd64', at: '/a', place: '/a' }, viewOf({}))).toEqual({
      libraries: [],
      nameServices: [],
      missing: [],
      outdated: [],
    });
  });

  it('tells what is missing, and who asks for it', () => {
    const { missing } = librariesOf({ needed: ['liba.so'] }, { [`${GNU}/liba.so`]: { needed: ['libb.so'] } });
    expect(missing).toEqual([{ name: 'libb.so', neededBy: `/${GNU}/liba.so` }]);
    const elf = readElf(buildElf({ interpreter: LOADER }));
    expect(findLibraries({ elf, arch: 'amd64', at: '/a', place: '/a' }, viewOf({})).missing).toEqual([
      { name: LOADER, neededBy: '/a' },
    ]);
  });

  const everywhere = {
    'opt/rpath/libx.so': { needed: ['liby.so'] },
    'opt/runpath/libx.so': { needed: ['liby.so'] },
    'opt/rpath/liby.so': {},
    'opt/runpath/liby.so': {},
    [`${GNU}/libx.so`]: { needed: ['liby.so'] },
    [`${GNU}/liby.so`]: {},
  };
  it.each<[string, ElfParts, readonly string[]]>([
    ['RPATH, which libraries inherit', { rpath: '/opt/rpath' }, ['/opt/rpath/libx.so', '/opt/rpath/liby.so']],
    ['RUNPATH, which they do not', { runpath: '/opt/runpath' }, ['/opt/runpath/libx.so', `/${GNU}/liby.so`]],
    [
      'RUNPATH alone where there are both',
      { rpath: '/opt/rpath', runpath: '/opt/runpath' },
      ['/opt/runpath/libx.so', `/${GNU}/liby.so`],
    ],
    ['neither', {}, [`/${GNU}/libx.so`, `/${GNU}/liby.so`]],
  ])('looks by %s', (_, parts, paths) => {
    expect(pathsOf({ ...parts, needed: ['libx.so'] }, everywhere).slice(1)).toEqual(paths);
  });

  it('replaces $ORIGIN, $LIB and $PLATFORM, and tells where the library must be for a program that moves', () => {
    const files = { 'srv/app/lib/x86_64-linux-gnu/x86_64/libx.so': {} };
    const options = { at: '/srv/app/bin/app', place: '/app' };
    // biome-ignore lint/suspicious/noTemplateCurlyInString: ld.so's tokens have that form.
    const runpath = '${ORIGIN}/../$LIB/$PLATFORM:$ORIGINAL';
    const { libraries } = librariesOf({ needed: ['libx.so'], runpath }, files, options);
    expect(libraries[1]).toMatchObject({
      at: '/srv/app/lib/x86_64-linux-gnu/x86_64/libx.so',
      place: '/lib/x86_64-linux-gnu/x86_64/libx.so',
    });
  });

  it("reads ld.so.conf with its includes, and puts what it finds there where an image's linker looks", () => {
    const { libraries } = librariesOf(
      { needed: ['libx.so', 'liby.so'] },
      {
        'etc/ld.so.conf': 'include ld.so.conf.d/*.conf # all\n/opt/last\n',
        'etc/ld.so.conf.d/a.conf': '# comment\n/opt/first/\n',
        'etc/ld.so.conf.d/b.txt': '/opt/never\n',
        'opt/never/libx.so': {},
        'opt/first/libx.so': {},
        'opt/last/libx.so': {},
        'opt/last/liby.so': {},
      },
    );
    expect(libraries.slice(1).map(({ at, place }) => [at, place])).toEqual([
      ['/opt/first/libx.so', `/${GNU}/libx.so`],
      ['/opt/last/liby.so', `/${GNU}/liby.so`],
    ]);
  });

  it('passes over what is for another machine, and what is no library', () => {
    const files = {
      [`${GNU}/libx.so`]: { machine: 183 },
      [`usr/${GNU}/libx.so`]: 'INPUT(-lx)',
      'lib/libx.so': {},
    };
    expect(pathsOf({ needed: ['libx.so'] }, files).slice(1)).toEqual(['/lib/libx.so']);
  });

  it('leaves out the built-in folders for who says so', () => {
    const { missing } = librariesOf(
      { needed: ['libx.so'], flags1: 0x800 },
      { 'etc/ld.so.conf': `/${GNU}\n`, [`${GNU}/libx.so`]: {} },
    );
    expect(missing).toMatchObject([{ name: 'libx.so' }]);
  });

  it("knows musl's linker, which is its C library", () => {
    const interpreter = '/lib/ld-musl-x86_64.so.1';
    const needed = ['libz.so.1', 'libc.musl-x86_64.so.1'];
    const paths = pathsOf({ needed }, { 'usr/lib/libz.so.1': {} }, { interpreter });
    expect(paths).toEqual([interpreter, '/usr/lib/libz.so.1']);
  });

  it('tells which library is older than a program that asks it for versions of symbols', () => {
    const parts = { needed: ['libc.so.6', 'libz.so.1'] };
    const versionNeeds = { 'libc.so.6': ['GLIBC_2.34', 'GLIBC_2.38'], 'libz.so.1': ['ZLIB_1'] };
    const { outdated } = librariesOf(
      { ...parts, versionNeeds },
      {
        [`${GNU}/libc.so.6`]: { versions: ['GLIBC_2.34', 'GLIBC_2.36'] },
        // Without any versions nothing is asked of it.
        [`${GNU}/libz.so.1`]: {},
      },
    );
    expect(outdated).toEqual([{ name: 'libc.so.6', version: 'GLIBC_2.38', neededBy: '/usr/bin/app' }]);
  });

  it.each([
    ['2.31 that asks for hosts', ['GLIBC_2.2.5', 'GLIBC_2.31'], ['getaddrinfo'], ['files', 'dns']],
    ['2.31 that asks for none', ['GLIBC_2.2.5', 'GLIBC_2.31'], ['printf'], []],
    ['2.36 that asks for hosts', ['GLIBC_2.2.5', 'GLIBC_2.34', 'GLIBC_2.36'], ['getaddrinfo'], []],
  ])('knows the name services of a program with glibc %s', (_, versions, symbols, names) => {
    const { nameServices } = librariesOf(
      { needed: ['libc.so.6'], symbols },
      { [`${GNU}/libc.so.6`]: { versions, symbols: ['getaddrinfo'] } },
    );
    expect(nameServices).toEqual(names.map((name) => `/${GNU}/libnss_${name}.so.2`));
  });

  it('gives up on links that lead in a circle', () => {
    const { missing } = librariesOf(
      { needed: ['libx.so'] },
      { 'lib/libx.so': '→ liby.so', 'lib/liby.so': '→ libx.so' },
    );
    expect(missing).toMatchObject([{ name: 'libx.so' }]);
  });
});
