import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { buildTar } from '../support/tar.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOY = fileURLToPath(new URL('../support/toy-family/', import.meta.url));

/** Names a tar each, with what it needs. */
const PACKAGES: readonly (readonly [name: string, version: string, needs: readonly string[]])[] = [
  ['ball', '1', ['air']],
  ['air', '7', []],
  ['kite', '3', ['air']],
];

describe('a family that is added by its folder and a line in the list', () => {
  let folder: string;
  let mirror: TestServer;
  const served = new Map<string, Buffer>();

  const mkbase = async (...args: readonly string[]) => {
    const env = {
      ...process.env,
      ...{ XDG_CACHE_HOME: join(folder, 'cache'), XDG_CONFIG_HOME: join(folder, 'config') },
    };
    const command = [join(folder, 'dist/src/cli/main.js'), ...args];
    return (await promisify(execFile)(process.execPath, command, { cwd: folder, env })).stdout;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-family-'));
    mirror = await startServer(served);
    serve(served, PACKAGES);
    await addFamily(folder);
    await addRecipes(folder, mirror.url);
  }, 60_000);
  afterAll(async () => {
    await mirror.close();
    await rm(folder, { recursive: true });
  });

  it('has recipes of its own form: listed, checked, shown and planned', async () => {
    expect(await mkbase('list')).toMatch(/^toyland:box .* any$/m);
    expect(await mkbase('recipe', 'check', 'recipes/box.yaml')).toContain('toyland:box');
    await writeFile(join(folder, 'shown.yaml'), await mkbase('recipe', 'show', 'box'));
    for (const name of ['box', './shown.yaml', './recipes/like.yaml']) {
      expect(await mkbase(name, '--include=ball', '--simulate')).toMatch(/^ball +1 .*\nair +7 /m);
    }
    await expect(mkbase('recipe', 'check', 'recipes/bad.yaml')).rejects.toMatchObject({
      code: 65,
      stderr: expect.stringContaining('`pockets` is not known'),
    });
  });

  it('is built, locked, rebuilt and described', async () => {
    await mkbase('box', 'one.tar', '--include=ball', '--mode=none', '--scripts=skip', '--quiet');
    const lock = JSON.parse(await readFile(join(folder, 'one.tar.lock.json'), 'utf8'));
    expect(lock.packages.map(({ name }: { name: string }) => name)).toEqual(['ball', 'air']);
    await mkbase(
      'box',
      'two.tar',
      '--include=ball',
      '--lock=one.tar.lock.json',
      '--mode=none',
      '--scripts=skip',
    );
    expect(await readFile(join(folder, 'two.tar'))).toEqual(await readFile(join(folder, 'one.tar')));
    expect(await mkbase('sbom', 'one.tar.lock.json')).toContain('pkg:generic/toyland/ball@1?arch=any');
  });

  it('is compared by its own order of versions', async () => {
    serve(
      served,
      PACKAGES.map(([name, version, needs]) => [name, name === 'air' ? '10' : version, needs]),
    );
    await mkbase('box', 'new.tar', '--include=ball', '--mode=none', '--scripts=skip', '--quiet');
    expect(await mkbase('diff', 'one.tar.lock.json', 'new.tar.lock.json')).toMatch(
      /upgraded.*air|air.*7.*10/s,
    );
    expect(await mkbase('diff', 'one.tar', 'new.tar')).toMatch(/air.*7.*10/);
  });
});

/** The mirror's files, by path. */
function serve(files: Map<string, Buffer>, packages: typeof PACKAGES): void {
  const index = packages.map(([name, version, needs]) => {
    const bytes = buildTar([
      { path: `${name}/`, type: 'directory' },
      { path: `${name}/note`, content: `${name} ${version}\n` },
    ]);
    files.set(`${name}.tar`, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { name, version, path: `${name}.tar`, size: bytes.length, sha256, needs };
  });
  files.set('index.json', Buffer.from(JSON.stringify(index)));
}

/** A copy of mkbase with the folder of the family in it, and a line more in `src/families/index.ts`. */
async function addFamily(folder: string): Promise<void> {
  for (const name of ['dist/recipes', 'docs', 'recipes', 'package.json']) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const config = {
    extends: join(ROOT, 'tsconfig.build.json'),
    compilerOptions: { rootDir: ROOT, outDir: join(folder, 'dist') },
    // src has declarations of modules that have none of their own.
    include: [join(ROOT, 'src'), TOY],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  await promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]);
  await cp(join(ROOT, 'dist/build-id'), join(folder, 'dist/build-id'));
  const list = join(folder, 'dist/src/families/index.js');
  const text = (await readFile(list, 'utf8')).replace('FAMILIES = [', 'FAMILIES = [toy, ');
  await writeFile(list, `import { toy } from '../../test/support/toy-family/family.js';\n${text}`);
}

/** Beside the copy, and one that is found by its name. */
async function addRecipes(folder: string, mirror: string): Promise<void> {
  const box = `family: toy\ndistribution: toyland\nsuite: box\narches: [any]\nmirrors: { default: ['${mirror}'] }\n`;
  const found = join(folder, 'config/mkbase/recipes');
  await mkdir(found, { recursive: true });
  await writeFile(join(found, 'box.yaml'), box);
  await writeFile(join(folder, 'recipes/box.yaml'), box);
  await writeFile(join(folder, 'recipes/like.yaml'), 'like: box.yaml\nsuite: crate\n');
  await writeFile(join(folder, 'recipes/bad.yaml'), `${box}pockets: {}\n`);
}
