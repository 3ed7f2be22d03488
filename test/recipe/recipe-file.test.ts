import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { recipeSchema } from '../../scripts/published-schemas.ts';
import type { AptRecipe } from '../../src/families/apt/recipe.ts';
import { RECIPE_FORMS } from '../../src/families/index.ts';
import { readRecipeFile } from '../../src/recipe/recipe-file.ts';
import { recipeOf, sourceOf } from '../../src/recipe/recipe-source.ts';
import { findRecipe, loadRecipe } from '../../src/recipe/recipes.ts';

const RECIPES = new URL('../../recipes/', import.meta.url);
const KEY = readFileSync(new URL('keys/ubuntu-archive-2018.asc', RECIPES), 'utf8');
const OTHER_KEY = readFileSync(new URL('keys/raspberrypi-archive.asc', RECIPES), 'utf8');
const MIRRORS = 'mirrors: { default: [http://mirror.example/acme] }';
const ACME = `\
family: apt
distribution: acme
suite: anvil
arches: [amd64]
keys: [acme.asc]
pockets:
  release: { ${MIRRORS} }
`;

/** Reads `recipe.yaml` of a folder with these files. */
async function read(text: string, others: Readonly<Record<string, string>> = { 'acme.asc': KEY }) {
  const folder = await folderWith({ 'recipe.yaml': text, ...others });
  return readRecipeFile(join(folder, 'recipe.yaml'), { shown: 'recipe.yaml', forms: RECIPE_FORMS, named });
}

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-recipe-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

async function named(name: string) {
  const recipe = findRecipe(name);
  return sourceOf(recipe, (await loadRecipe(recipe)).keyFiles, RECIPE_FORMS[recipe.family]!);
}

describe('a recipe file', () => {
  test('says what differs, and the rest has defaults', async () => {
    const found = await read(ACME);
    expect(found?.recipe).toEqual({
      family: 'apt',
      distribution: 'acme',
      suite: 'anvil',
      release: null,
      aliases: [],
      endOfLife: null,
      arches: ['amd64'],
      components: ['main'],
      keys: ['acme.asc'],
      keyNames: ['acme.asc'],
      pockets: [{ name: 'release', suite: 'anvil', mirrors: { default: ['http://mirror.example/acme'] } }],
      preferences: [],
      extra: {},
      withoutRequired: [],
      solver: 'apt',
      splitUsr: [],
      silenced: [],
      image: {
        settings: { env: [expect.stringMatching(/^PATH=/)], cmd: ['bash'] },
        sourcesStyle: 'deb822',
        signedBy: null,
        ownKeys: ['acme.asc'],
        docker: { gzipOrder: false, pathRules: [] },
      },
    });
    expect(found?.keyFiles).toEqual([{ name: 'acme.asc', bytes: Buffer.from(KEY) }]);
  });

  test('like another has all of it but its names, release and end of life', async () => {
    const found = await read('like: debian:bookworm\nsuite: anvil\narches: [amd64]\n');
    const bookworm = findRecipe('bookworm');
    expect(found?.recipe).toEqual({
      ...bookworm,
      suite: 'anvil',
      arches: ['amd64'],
      release: null,
      aliases: [],
      endOfLife: null,
    });
    expect(found?.keyFiles).toEqual((await loadRecipe(bookworm)).keyFiles);
  });

  test('like another has its pockets, those that are changed, and its own', async () => {
    const found = await read(`
like: ubuntu:noble
suite: anvil
pockets:
  updates: null
  security: { alsoNamed: [other] }
  release: { suite: noble, ${MIRRORS} }
  acme: { ${MIRRORS} }
image: { docker: { pathRules: [] } }
`);
    const { pockets, image } = found!.recipe as AptRecipe;
    const [, , security] = (findRecipe('noble') as AptRecipe).pockets;
    const mirrors = { default: ['http://mirror.example/acme'] };
    expect(pockets).toEqual([
      { name: 'release', suite: 'noble', mirrors },
      { ...security, alsoNamed: ['other'] },
      { name: 'acme', suite: 'anvil-acme', mirrors },
    ]);
    expect(image).toEqual({ ...findRecipe('noble').image, docker: { gzipOrder: false, pathRules: [] } });
  });

  test('like a file beside it takes what that says', async () => {
    const found = await read('like: base.yaml\nsuite: hammer\nkeys: []\n', {
      'base.yaml': ACME,
      'acme.asc': KEY,
    });
    expect(found?.recipe).toMatchObject({ suite: 'hammer', distribution: 'acme', keys: [] });
  });

  test('takes the family of what is like it where it names none itself', async () => {
    const found = await read('like: base.yaml\nfamily: apt\nsuite: hammer\n', {
      'base.yaml': ACME.replace('family: apt\n', ''),
      'acme.asc': KEY,
    });
    expect(found?.recipe).toMatchObject({ family: 'apt', suite: 'hammer' });
  });

  test('without a suite is for others alone', async () => {
    expect(await read('distribution: acme\n')).toBeNull();
  });

  test('may have keys for a pocket alone', async () => {
    const own = `{ ${MIRRORS}, keys: [own.asc] }`;
    const found = await read(`${ACME}  own: ${own}\n`, { 'acme.asc': KEY, 'own.asc': OTHER_KEY });
    expect(found?.recipe).toMatchObject({
      keys: ['acme.asc'],
      pockets: [{ name: 'release' }, { name: 'own', keys: ['own.asc'] }],
      keyNames: ['acme.asc', 'own.asc'],
    });
    const apt = RECIPE_FORMS.apt!;
    const source = sourceOf(found!.recipe, found!.keyFiles, apt);
    expect(recipeOf(source, apt)).toEqual(found);
  });

  test('may hold its keys', async () => {
    const inline = `keys:\n  - |\n${KEY.replace(/^/gm, '    ')}\n  - { name: b.asc, text: ${JSON.stringify(KEY)} }\n`;
    const found = await read(ACME.replace('keys: [acme.asc]\n', inline));
    expect(found?.keyFiles.map(({ name }) => name)).toEqual(['keys-0.asc', 'b.asc']);
    expect(found?.keyFiles[1]?.bytes.toString()).toBe(KEY);
  });
});

describe('a recipe file is refused that', () => {
  test.each([
    ['is no YAML', 'suite: [', 'malformed', 'recipe.yaml:1:9: '],
    ['is a list', '- suite\n', 'bad-value', 'recipe.yaml:1:1: the file is not of type object'],
    ['has an unknown key', `${ACME}sweet: x\n`, 'unknown-key', 'recipe.yaml:8:1: `sweet` is not known'],
    [
      'has a number for a text',
      `${ACME}release: 12\n`,
      'bad-value',
      'recipe.yaml:8:1: `release` is not of type',
    ],
    [
      'is of an unknown family',
      ACME.replace('apt', 'pacman'),
      'unknown-family',
      'recipe.yaml:1:1: `pacman` is no family',
    ],
    ['is of no family', ACME.replace('family: apt\n', ''), 'incomplete', '`family` is missing'],
    [
      'is of another family than what it is like',
      'family: apt\nlike: alpine:3.20\nsuite: x\n',
      'other-family',
      'recipe.yaml:1:1: `alpine:3.20` is of the family `apk`',
    ],
    ['has an address that is none', ACME.replace('http:', 'gopher:'), 'bad-value', 'recipe.yaml:7:'],
    ['has no architectures', ACME.replace(/arches.*\n/, ''), 'incomplete', '`arches` is missing'],
    [
      'has no pocket `release`',
      ACME.replace('release:', 'updates:'),
      'incomplete',
      '`pockets.release` is missing',
    ],
    [
      'says what another family says',
      `${ACME}signsWithSha1: true\n`,
      'unknown-key',
      '`signsWithSha1` is not known',
    ],
    [
      'is like itself',
      'like: recipe.yaml\n',
      'circle',
      'recipe.yaml:1:1: `recipe.yaml` is like `recipe.yaml`',
    ],
    ['is like one that is like it', 'like: b.yaml\n', 'circle', 'b.yaml:1:1: '],
    ['is like a file that is not there', 'like: c.yaml\n', 'missing-file', '`c.yaml`: there is no such file'],
    [
      'names a key that is not there',
      ACME.replace('acme.asc', 'no.asc'),
      'missing-file',
      'recipe.yaml:5:8: ',
    ],
    [
      'names a key that is none',
      ACME.replace('acme.asc', 'b.yaml'),
      'bad-key',
      'recipe.yaml:5:8: `b.yaml` has no key',
    ],
    [
      'names a key above it',
      ACME.replace('acme.asc', '../acme.asc'),
      'outside',
      '`../acme.asc` is not in the folder',
    ],
    [
      'names a key by its whole path',
      ACME.replace('acme.asc', '/etc/passwd'),
      'outside',
      '`/etc/passwd` is not in',
    ],
    [
      'names two keys alike',
      ACME.replace('release: {', 'release: { keys: [{ name: acme.asc, text: "KEY" }],').replace(
        '"KEY"',
        JSON.stringify(OTHER_KEY),
      ),
      'bad-key',
      'recipe.yaml:5:1: two files of keys are called `acme.asc`',
    ],
    ['is like a file above it', 'like: ../b.yaml\n', 'outside', '`../b.yaml` is not in the folder'],
    ['expands without end', bomb(), 'malformed', 'Excessive alias count'],
    ['is of 2 MB', `# ${'x'.repeat(2 ** 21)}\n`, 'too-large', '`recipe.yaml` is larger than 1048576 bytes'],
  ])('%s', async (_, text, what, message) => {
    await expect(read(text, { 'acme.asc': KEY, 'b.yaml': 'like: recipe.yaml\n' })).rejects.toMatchObject({
      code: `recipe/${what}`,
      message: expect.stringContaining(message),
      hint: expect.stringMatching(/./),
    });
  });

  test('leads outside through a link', async () => {
    const folder = await folderWith({ 'acme.asc': KEY });
    await mkdir(join(folder, 'in'));
    await symlink('../acme.asc', join(folder, 'in/acme.asc'));
    await writeFile(join(folder, 'in/recipe.yaml'), ACME);
    const reading = readRecipeFile(join(folder, 'in/recipe.yaml'), {
      shown: 'recipe.yaml',
      forms: RECIPE_FORMS,
      named,
    });
    await expect(reading).rejects.toMatchObject({ code: 'recipe/outside' });
  });

  test.each(['none.yaml', '.'])('is not a file: %s', async (name) => {
    const path = join(await folderWith({}), name);
    await expect(readRecipeFile(path, { shown: name, forms: RECIPE_FORMS, named })).rejects.toMatchObject({
      code: 'recipe/unreadable',
      message: expect.stringContaining(`cannot read \`${name}\``),
    });
  });
});

function bomb(): string {
  const lines = Array.from({ length: 9 }, (_, at) => {
    const inner = at === 0 ? 'x' : `*a${at - 1}`;
    return `a${at}: &a${at} [${Array(9).fill(inner).join(', ')}]`;
  });
  return `${lines.join('\n')}\n`;
}

test('the published schema is what the families say, and ajv takes the same', () => {
  const schema = JSON.parse(readFileSync(new URL('../docs/recipe.schema.json', RECIPES), 'utf8'));
  expect(schema).toEqual(recipeSchema());
  const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
  expect(validate(parse(ACME))).toBe(true);
  expect(validate({ ...parse(ACME), sweet: 1 })).toBe(false);
  expect(validate({ ...parse(ACME), release: 12 })).toBe(false);
});
