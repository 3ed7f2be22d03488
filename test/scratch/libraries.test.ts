import { describe, expect, it } from 'vitest';
import type { TakenPackage } from '../../src/families/family.ts';
import { readTar } from '../../src/formats/tar.ts';
import { findLibraries } from '../../src/programs/libraries.ts';
import { readProgram } from '../../src/programs/program.ts';
import { contentsView, emptyContents, putFile } from '../../src/scratch/contents.ts';
import type { GivenProgram } from '../../src/scratch/given-program.ts';
import { collectFromPackages, putLibraries } from '../../src/scratch/libraries.ts';
import type { Pool } from '../../src/scratch/packages.ts';
import { buildElf, type ElfParts } from '../support/elf.ts';
import { lockOf } from '../support/lock.ts';
import { buildTar, type TarSpec } from '../support/tar.ts';

const LOADER = '/lib64/ld-linux-x86-64.so.2';
const GNU = 'lib/x86_64-linux-gnu';

const library = (path: string, parts: ElfParts = {}): TarSpec => ({
  path: `./${path}`,
  content: buildElf({ type: 3, ...parts }),
});

const PACKAGES: Readonly<Record<string, readonly TarSpec[]>> = {
  libc6: [
    library(`${GNU}/ld-linux-x86-64.so.2`, { soname: 'ld-linux-x86-64.so.2' }),
    library(`${GNU}/libc.so.6`),
    { path: './lib64', type: 'directory' },
    { path: './lib64/ld-linux-x86-64.so.2', type: 'symlink', target: `/${GNU}/ld-linux-x86-64.so.2` },
    { path: './usr/share/doc/libc6/copyright', content: 'GNU' },
  ],
  libcurl4: [
    library(`usr/${GNU}/libcurl.so.4.8`, { soname: 'libcurl.so.4', needed: ['libz.so.1', 'libc.so.6'] }),
    { path: `./usr/${GNU}/libcurl.so.4`, type: 'symlink', target: 'libcurl.so.4.8' },
  ],
  zlib1g: [library(`${GNU}/libz.so.1`)],
  new: [library('usr/lib64/ld-linux-x86-64.so.2'), library(`usr/${GNU}/libnew.so`)],
  unused: [library(`${GNU}/libunused.so`)],
};
const OWNERS = new Map([
  ['ld-linux-x86-64.so.2', ['libc6']],
  ['libc.so.6', ['libc6']],
  ['libcurl.so.4', ['libcurl4']],
  ['libz.so.1', ['zlib1g']],
]);

/** A plan that has what was asked for and, as by dependencies, libc6. */
async function openPool(include: readonly string[]): Promise<Pool> {
  const names = new Set([...include, 'libc6']);
  const opened = new Set<string>();
  return {
    names,
    async open(wanted) {
      const fresh = wanted.filter((name) => names.has(name) && !opened.has(name));
      for (const name of fresh) opened.add(name);
      return fresh.map(packageOf);
    },
    take: () => ({ lock: lockOf(), packages: [...opened].map(packageOf) }),
  };
}

function packageOf(name: string): TakenPackage {
  const entries = readTar(buildTar(PACKAGES[name] ?? []));
  return { locked: { ...lockOf().packages[0]!, name }, entries, control: new Map(), built: 0 };
}

function given(parts: ElfParts): GivenProgram {
  const bytes = buildElf({ interpreter: LOADER, ...parts });
  const place = {
    source: '/home/me/app',
    real: '/home/me/app',
    destination: '/app',
    mode: 0o755,
    uid: 0,
    gid: 0,
  };
  return { ...place, bytes, program: readProgram(bytes, 'app') };
}

const options = {
  include: [],
  sourcesOf: (name: string) => OWNERS.get(name) ?? [],
  openPool,
  opens: 'named',
  suite: 'bookworm',
  mergesUsr: true,
} as const;

describe('collectFromPackages', () => {
  it('opens the packages of what is missing until nothing is, and knows whose each library is', async () => {
    const program = given({ needed: ['libcurl.so.4', 'libc.so.6'] });
    const { collected } = await collectFromPackages([program], options);
    const owned = collected.libraries.map(({ at, followed }) => [at, collected.owners.get(followed.real)]);
    expect(owned).toEqual([
      [LOADER, 'libc6'],
      [`/${GNU}/libcurl.so.4`, 'libcurl4'],
      [`/${GNU}/libc.so.6`, 'libc6'],
      [`/${GNU}/libz.so.1`, 'zlib1g'],
    ]);
  });

  it('finds libraries of packages that name the places below /usr alone', async () => {
    const program = given({ needed: ['libnew.so'] });
    const { collected } = await collectFromPackages([program], {
      ...options,
      sourcesOf: () => ['new'],
    });
    expect(collected.libraries.map(({ at }) => at)).toEqual([LOADER, `/${GNU}/libnew.so`]);
  });

  it('takes from a lock what is in it, and nothing else', async () => {
    const program = given({ needed: ['libcurl.so.4', 'libc.so.6'] });
    const locked = { ...options, sourcesOf: () => [], opens: 'all' } as const;
    const whole = { ...locked, include: ['libcurl4', 'zlib1g'] };
    expect((await collectFromPackages([program], whole)).collected.libraries).toHaveLength(4);
    await expect(collectFromPackages([program], { ...locked, include: ['libcurl4'] })).rejects.toMatchObject({
      code: 'binary/missing-library',
    });
  });

  it('says which library no package has', async () => {
    await expect(collectFromPackages([given({ needed: ['libodd.so'] })], options)).rejects.toMatchObject({
      code: 'binary/missing-library',
      message: '`/home/me/app` needs the library `libodd.so`, which no package of `bookworm` has',
    });
  });
});

describe('putLibraries', () => {
  it('puts each where it was found, with the links on the way, and nothing else of the packages', async () => {
    const { collected } = await collectFromPackages([given({ needed: ['libcurl.so.4'] })], options);
    const contents = emptyContents();
    expect(putLibraries(contents, collected)).toEqual([]);
    expect([...contents.bodies.keys()].sort()).toEqual([
      `usr/${GNU}/ld-linux-x86-64.so.2`,
      `usr/${GNU}/libc.so.6`,
      `usr/${GNU}/libcurl.so.4.8`,
      `usr/${GNU}/libz.so.1`,
    ]);
    const links = [...contents.tree].flatMap(([path, entry]) =>
      entry.type === 'symlink' ? [[path, entry.target]] : [],
    );
    expect(Object.fromEntries(links)).toEqual({
      lib: 'usr/lib',
      lib64: 'usr/lib64',
      'usr/lib64/ld-linux-x86-64.so.2': `/${GNU}/ld-linux-x86-64.so.2`,
      [`usr/${GNU}/libcurl.so.4`]: 'libcurl.so.4.8',
    });
  });

  it('puts what a program finds by its own place where links of other libraries lead', () => {
    const host = emptyContents();
    putFile(host, 'home/me/lib/libf.so', buildElf({ type: 3 }));
    putFile(host, `usr/${GNU}/libc.so.6`, buildElf({ type: 3 }));
    putFile(host, 'usr/lib64/ld-linux-x86-64.so.2', buildElf({ type: 3 }));
    for (const name of ['lib', 'lib64']) {
      host.tree.set(name, { type: 'symlink', target: `usr/${name}`, mode: 0o777, uid: 0, gid: 0, mtime: 0 });
    }
    const view = contentsView(host);
    const { program } = given({ needed: ['libf.so', 'libc.so.6'], runpath: '$ORIGIN/../lib' });
    if (program.kind === 'script') throw new Error('no program');
    const { libraries } = findLibraries({ ...program, at: '/home/me/bin/app', place: '/app' }, view);
    const contents = emptyContents();
    putLibraries(contents, { libraries, view, owners: new Map() });
    expect([...contents.bodies.keys()].sort()).toEqual([
      'usr/lib/libf.so',
      `usr/${GNU}/libc.so.6`,
      'usr/lib64/ld-linux-x86-64.so.2',
    ]);
    expect(contents.tree.get('lib')).toMatchObject({ type: 'symlink' });
  });

  it("gives the Lock this machine's libraries by their content", async () => {
    const { collected } = await collectFromPackages([given({ needed: ['libz.so.1'] })], options);
    const locked = putLibraries(emptyContents(), { ...collected, owners: new Map() });
    expect(locked.map(({ path }) => path)).toContain(`usr/${GNU}/libz.so.1`);
    expect(locked[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});
