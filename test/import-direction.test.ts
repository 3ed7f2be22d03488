import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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
  ['src/families/apt', '../../build/build.ts'],
  ['src', './cli/main.ts'],
  ['src/refresh', '../cli/text.ts'],
  ['src/refresh', 'node-fetch'],
  ['src/changes', '../cli/text.ts'],
  ['src/target', 'node:http'],
  ['src/families/apt', 'node:https'],
  ['recipes', '../src/errors.ts'],
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
  ['src/cli', '../build/build.ts'],
  ['recipes', '../src/recipe/recipe.ts'],
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
