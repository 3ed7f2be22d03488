import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BIOME = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url));
const CONFIG = fileURLToPath(new URL('../biome.json', import.meta.url));

const REFUSED = [
  ['src/formats', '../lock/lock.ts'],
  ['src/fetch', '../families/family.ts'],
  ['src/programs', '../lock/lock.ts'],
  ['src/sandbox', '../rootfs/tree.ts'],
  ['src/rootfs', '../families/apt/version.ts'],
  ['src/staging', '../fetch/store.ts'],
  ['src/hooks', '../staging/stage.ts'],
  ['src/families/apt', '../../staging/stage.ts'],
  ['src/image', '../families/family.ts'],
  ['src/image', '../registry/registry.ts'],
  ['src/registry', '../rootfs/tree.ts'],
  ['src/resolve', 'node:fs'],
  ['src/families/apt', '../apk/version.ts'],
  ['src/families/apk', '../apt/version.ts'],
  ['src/families/apt', '../../pipeline/build.ts'],
  ['src', './cli/main.ts'],
  ['src/refresh', '../cli/text.ts'],
  ['src/refresh', 'node-fetch'],
  ['src/changes', '../cli/text.ts'],
  ['src/targets', 'node:http'],
  ['src/families/apt', 'node:https'],
] as const;

const ALLOWED = [
  ['src/formats', '../errors.ts'],
  ['src/fetch', 'node:https'],
  ['src/programs', '../formats/elf.ts'],
  ['src/rootfs', '../formats/tar.ts'],
  ['src/families/apt', '../../resolve/universe.ts'],
  ['src/staging', '../families/apt/install.ts'],
  ['src/registry', 'node:https'],
  ['src/registry', '../image/image.ts'],
  ['src/cli', '../pipeline/build.ts'],
] as const;

describe('the linter holds the import direction', () => {
  let directory: string;
  let report: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mkbase-imports-'));
    await copyFile(CONFIG, join(directory, 'biome.json'));
    for (const [folder, imported] of [...REFUSED, ...ALLOWED]) {
      const file = join(directory, fileOf(folder, imported));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `import * as other from '${imported}';\nexport const value = other;\n`);
    }
    const options = ['--vcs-enabled=false', '--only=style/noRestrictedImports', '--max-diagnostics=none'];
    report = spawnSync(BIOME, ['lint', ...options], { cwd: directory, encoding: 'utf8' }).stderr;
  });
  afterAll(() => rm(directory, { recursive: true }));

  it.each(REFUSED)('from %s not to %s', (folder, imported) => {
    expect(report).toContain(`${fileOf(folder, imported)}:`);
  });

  it.each(ALLOWED)('from %s to %s', (folder, imported) => {
    expect(report).not.toContain(`${fileOf(folder, imported)}:`);
  });
});

function fileOf(folder: string, imported: string): string {
  return `${folder}/from-${imported.replace(/[^a-z]+/g, '-')}.ts`;
}

describe('folders of src', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const design = readFileSync(join(root, 'docs/design.md'), 'utf8');
  const [, drawing = ''] = /one way: [^\n]*\n\n((?: {4}.*\n)+)/.exec(design) ?? [];
  const layers = drawing
    .trim()
    .split('\n')
    .map((line) => line.trim().split(', '));
  const layerOf = (folder: string) => layers.findIndex((layer) => layer.includes(folder));
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((one) => one.isDirectory());

  it('are all in the design', () => {
    expect(layers.flat().sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  it.each(folders.map(({ name }) => name))('%s imports from below its layer alone', (folder) => {
    const src = join(root, 'src');
    const files = readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      const path = join(src, folder, file);
      for (const [, target] of readFileSync(path, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
        const [other, ...rest] = relative(src, resolve(dirname(path), target!)).split('/');
        if (other === '..' || other === folder || rest.length === 0) continue;
        expect(layerOf(other!), `${folder}/${file} imports ${target}`).toBeGreaterThan(layerOf(folder));
      }
    }
  });
});

describe('the rooms of a family', () => {
  const families = fileURLToPath(new URL('../src/families', import.meta.url));
  /** Each with those that it may import beside its own. */
  const ROOMS: Readonly<Record<string, readonly string[]>> = {
    package: [],
    archive: ['package'],
    choose: ['package', 'archive'],
    install: ['package'],
    plan: ['package', 'archive', 'choose', 'install'],
  };

  it.each(['apt', 'apk'])('of %s are these, and import one way', (family) => {
    const inside = readdirSync(join(families, family), { withFileTypes: true });
    const rooms = inside.filter((one) => one.isDirectory()).map(({ name }) => name);
    expect(rooms.sort()).toEqual(Object.keys(ROOMS).sort());
    for (const [room, below] of Object.entries(ROOMS)) {
      for (const file of readdirSync(join(families, family, room))) {
        const text = readFileSync(join(families, family, room, file), 'utf8');
        const others = [...text.matchAll(/'\.\.\/([a-z]+)\/[^']+'/g)].map(([, other]) => other);
        expect([room, ...below], `${room}/${file}`).toEqual(expect.arrayContaining(others));
      }
    }
  });
});

describe('a family', () => {
  const src = fileURLToPath(new URL('../src', import.meta.url));
  /** Words of formats: a way of digests in locks, and a solver that is called like the program. */
  const WORDS = ['cli/options/contents.ts', 'formats/digest.ts'];

  it('is named by its own folder and the list alone', () => {
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.startsWith('families/'),
    );
    const textOf = (name: string) => readFileSync(join(src, name), 'utf8');
    expect(files.filter((name) => /families\/ap[tk]\//.test(textOf(name)))).toEqual([]);
    expect(
      files.filter((name) => /'ap[tk]'|^ *ap[tk]:/m.test(textOf(name)) && !WORDS.includes(name)),
    ).toEqual([]);
  });
});

describe('a path below a root filesystem', () => {
  const src = fileURLToPath(new URL('../src', import.meta.url));
  /** The paths of these lie outside a rootfs: packages in the store, targets, layouts, mirrors, settings. */
  const ELSEWHERE = [
    'families/apt/archive/host-sources.ts',
    'families/apt/archive/index-files.ts',
    'families/apt/plan/local-packages.ts',
    'families/apt/plan/request.ts',
    'families/apt/archive/signed-by.ts',
    'families/apk/plan/local-packages.ts',
    'families/apk/plan/package-check.ts',
    'families/apk/plan/request.ts',
    'families/arriving.ts',
    'hooks/hook-request.ts',
    'hooks/host-path.ts',
    'hooks/read-hook.ts',
    'image/blob.ts',
    'image/engine-address.ts',
    'image/oci-layout.ts',
    'image/pack-layer.ts',
    'image/read-layout.ts',
    'image/replace-file.ts',
    'rootfs/remove.ts',
    'rootfs/unpack.ts',
    'staging/directory.ts',
    'staging/log.ts',
    'staging/builder.ts',
    'staging/builder-child.ts',
    'staging/seal.ts',
    'staging/stage.ts',
    'staging/workspace.ts',
  ];
  /** `Root` itself, and what is given descriptors of it. */
  const ROOT = ['rootfs/directories.ts', 'rootfs/host-directory.ts', 'rootfs/root.ts', 'rootfs/writer.ts'];

  it('is named to the system by `rootfs/root.ts` alone', () => {
    const users = ['families', 'hooks', 'image', 'rootfs', 'staging', 'additions'].flatMap((folder) =>
      readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name}`)
        .filter((name) =>
          /^import (?!type )[^;]* from 'node:fs/m.test(readFileSync(join(src, name), 'utf8')),
        ),
    );
    expect(users.filter((name) => ![...ELSEWHERE, ...ROOT].includes(name)).sort()).toEqual([
      // It reads what the user adds, from the host.
      'additions/pack.ts',
    ]);
  });
});
