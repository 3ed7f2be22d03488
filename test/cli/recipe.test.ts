import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { LOCK_SECTIONS, RECIPE_FORMS } from '../../src/families/index.ts';
import { readLocks } from '../../src/lock/lock-file.ts';
import { BUILT_IN } from '../../src/recipe/built-in.ts';
import { openRecipe } from '../../src/recipe/open-recipe.ts';
import { mirrorOf, theKey } from '../families/apt/plan-support.ts';
import type { SuiteSpec } from '../support/apt-repository.ts';
import { makeKey } from '../support/key.ts';
import { worldOf } from '../support/streams.ts';

const KEY = readFileSync(new URL('../../recipes/keys/ubuntu-archive-2018.asc', import.meta.url), 'utf8');
const FINGERPRINT = 'F6ECB3762474EDA9D21B7022871920D1991BC93C';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-recipe-'));
  await put('acme.asc', KEY);
});
afterEach(() => rm(cwd, { recursive: true }));

async function put(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(cwd, name)), { recursive: true });
  await writeFile(join(cwd, name), text);
}

async function mkbase(line: string) {
  const { world, stdout, stderr } = worldOf({ cwd, env: { HOME: cwd } });
  const status = await run(line.split(' '), world);
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}

const recipeOf = (suite: string, more = '') => `\
family: apt
distribution: acme
suite: ${suite}
arches: [amd64]
keys: [acme.asc]
pockets:
  release: { mirrors: { default: [http://mirror.example/acme] } }
${more}`;

describe('mkbase recipe show', () => {
  it.each(BUILT_IN.map(({ distribution, suite }) => `${distribution}:${suite}`))(
    '%s gives a file that is the same recipe',
    async (name) => {
      const places = { env: {}, cwd, forms: RECIPE_FORMS };
      const { stdout } = await mkbase(`recipe show ${name}`);
      await put('shown.yaml', stdout);
      const shown = await openRecipe(name, { ...places, file: 'shown.yaml' });
      expect(shown).toEqual(await openRecipe(name, { ...places, file: null }));
    },
  );
});

describe('mkbase recipe check', () => {
  it('tells the names of a recipe, and the fingerprints of its keys', async () => {
    await put('acme.yaml', recipeOf('anvil', 'aliases: [heavy]\n'));
    const { status, stdout } = await mkbase('recipe check acme.yaml');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^recipe +acme:anvil\nnames +anvil heavy acme:anvil acme:heavy\n/);
    expect(stdout).toContain(`${FINGERPRINT} (acme.asc)`);
    expect(JSON.parse((await mkbase('recipe check acme.yaml --json')).stdout)).toMatchObject({
      name: 'acme:anvil',
      keys: [{ file: 'acme.asc', fingerprints: [FINGERPRINT] }],
    });
  });

  it('tells where a recipe is wrong', async () => {
    await put('acme.yaml', recipeOf('anvil', 'sweet: 1\n'));
    expect(await mkbase('recipe check acme.yaml')).toMatchObject({
      status: 65,
      stdout: '',
      stderr: expect.stringContaining('error: acme.yaml:8:1: `sweet` is not known'),
    });
  });

  it('refuses a file that is for others to be like', async () => {
    await put('acme.yaml', 'distribution: acme\n');
    expect((await mkbase('recipe check acme.yaml')).stderr).toContain('`suite` is missing');
  });

  it('refuses what it does not know', async () => {
    expect(await mkbase('recipe bake acme.yaml')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('`bake` is nothing to do with a recipe'),
    });
  });
});

describe('a suite of a recipe file', () => {
  const open = (name: string, file: string | null = null) =>
    openRecipe(name, { env: { HOME: cwd }, cwd, forms: RECIPE_FORMS, file, hostFolder: join(cwd, 'etc') });

  it.each(['./acme.yaml', 'acme.yaml', 'sub/acme'])('is named by the path %s', async (name) => {
    await put(name, recipeOf('anvil'));
    await put('sub/acme.asc', KEY);
    expect(await open(name)).toMatchObject({ name: 'acme:anvil' });
  });

  it.each(['.config/mkbase/recipes/acme.yaml', 'etc/acme.yaml'])('is found in %s', async (file) => {
    await put(file, recipeOf('anvil'));
    await put(join(dirname(file), 'acme.asc'), KEY);
    await put(join(dirname(file), 'base.yaml'), 'distribution: acme\n');
    for (const name of ['anvil', 'acme:anvil', 'Anvil']) {
      expect(await open(name)).toMatchObject({ name: 'acme:anvil' });
    }
    await expect(open('anvli')).rejects.toMatchObject({
      code: 'usage/unknown-suite',
      hint: expect.stringContaining('did you mean `anvil`'),
    });
  });

  it.each([
    ['one of mkbase', 'bookworm', "mkbase's own `debian:bookworm`"],
    ['mkbase’s, that a derivative has too', 'trixie', "mkbase's own `debian:trixie`"],
    ['another file', 'anvil', 'a.yaml`'],
  ])('may not take the name of %s where nobody names its file', async (_, suite, owner) => {
    await put('etc/a.yaml', recipeOf('anvil'));
    await put('etc/b.yaml', recipeOf(suite));
    await put('etc/acme.asc', KEY);
    await expect(open('other')).rejects.toMatchObject({
      code: 'recipe/name-clash',
      message: expect.stringContaining(owner),
    });
    expect(await open('bookworm')).toMatchObject({ name: 'debian:bookworm' });
  });

  it('takes any name where `--recipe` names its file', async () => {
    await put('acme.yaml', recipeOf('bookworm'));
    expect(await open('bookworm', 'acme.yaml')).toMatchObject({ name: 'acme:bookworm' });
    await expect(open('trixie', 'acme.yaml')).rejects.toMatchObject({
      code: 'recipe/other-suite',
      message: '`acme.yaml` is the recipe of `acme:bookworm` and not of `trixie`',
    });
  });

  it('is found and listed though another file there is no recipe', async () => {
    await put('.config/mkbase/recipes/acme.yaml', recipeOf('anvil'));
    await put('.config/mkbase/recipes/acme.asc', KEY);
    await put('.config/mkbase/recipes/bad.yaml', 'suite: [');
    expect(await open('anvil')).toMatchObject({ name: 'acme:anvil' });
    await expect(open('other')).rejects.toMatchObject({ code: 'recipe/malformed' });
    const { status, stdout, stderr } = await mkbase('list');
    expect(status).toBe(0);
    expect(stdout).toContain('acme:anvil');
    expect(stderr).toMatch(/^warning: \S+\/recipes\/bad\.yaml:1:9: .*\n$/);
  });

  it('is listed with its file', async () => {
    await put('.config/mkbase/recipes/acme.yaml', recipeOf('anvil'));
    await put('.config/mkbase/recipes/acme.asc', KEY);
    const { stdout } = await mkbase('list');
    expect(stdout).toMatch(/^debian:bookworm +12 .* mkbase +amd64/m);
    expect(stdout).toMatch(/^acme:anvil +- +- +- +\S+\/recipes\/acme\.yaml +amd64$/m);
    expect(JSON.parse((await mkbase('list --json')).stdout)).toContainEqual(
      expect.objectContaining({ suite: 'anvil', from: join(cwd, '.config/mkbase/recipes/acme.yaml') }),
    );
  });
});

test('a derivative like Debian is locked with its own pocket before the others, and its key in the image', async () => {
  const key = await theKey();
  const debian = {
    suite: 'bookworm',
    packages: [{ name: 'base', priority: 'required' }, { name: 'tool' }],
    keys: [key],
  };
  const own = {
    suite: 'anvil',
    packages: [{ name: 'tool', version: '9.0' }],
    components: ['extra'],
    keys: [key],
  };
  const { url } = await mirrorOf(debian, own);
  await put('test.asc', key.armored);
  await put(
    'anvil.yaml',
    `
like: debian:bookworm
distribution: acme
suite: anvil
keys: [test.asc]
pockets:
  release: { suite: bookworm, mirrors: { default: ['${url}'] } }
  updates: null
  security: null
  acme: { suite: anvil, components: [extra], mirrors: { default: ['${url}'] } }
`,
  );
  const options = '--arch amd64 --include tool --cache-dir c --debug-now 2026-01-10';
  const { stdout, stderr } = await mkbase(`lock ./anvil.yaml ${options}`);
  expect(stderr).not.toContain('error');
  const [lock] = readLocks(stdout, 'x', LOCK_SECTIONS);
  expect(lock?.recipe.name).toBe('acme:anvil');
  expect(lock?.packages).toMatchObject([
    { name: 'base', pocket: 'release' },
    { name: 'tool', version: '9.0', pocket: 'acme' },
  ]);
  const sources = lock?.image.files.find(({ path }) => path === 'etc/apt/sources.list.d/acme.sources');
  expect(sources?.content).toMatch(/Suites: bookworm\nComponents: main\nSigned-By: ?\n -----BEGIN PGP/);
  expect(sources?.content).toMatch(/Suites: anvil\nComponents: extra\nSigned-By: ?\n -----BEGIN PGP/);
});

describe('a suite without a recipe', () => {
  const key = theKey();
  const BASE = { name: 'base', priority: 'required' };
  const options = '--cache-dir c --debug-now 2026-01-10';
  const anvil = async (more: Partial<SuiteSpec> = {}): Promise<SuiteSpec> => ({
    suite: 'anvil',
    release: { Origin: 'Acme' },
    packages: [BASE, { name: 'tool' }],
    keys: [await key],
    ...more,
  });
  beforeEach(async () => put('test.asc', (await key).armored));

  /** An argument may have spaces. */
  async function call(words: readonly string[], arch = 'amd64') {
    const { world, stdout, stderr } = worldOf({ cwd, env: { HOME: cwd } });
    const status = await run([...words, '--arch', arch, ...options.split(' ')], world);
    return { status, stdout: stdout.text(), stderr: stderr.text() };
  }

  it('is what a `deb` line with its key says', async () => {
    const { url } = await mirrorOf(anvil());
    const { stdout, stderr } = await call(['lock', 'anvil', `deb [signed-by=test.asc] ${url} anvil main`]);
    expect(stderr).not.toContain('error');
    const [lock] = readLocks(stdout, 'x', LOCK_SECTIONS);
    expect(lock).toMatchObject({
      recipe: { name: 'acme:anvil', distribution: 'acme', suite: 'anvil', release: null },
      packages: [{ name: 'base' }],
      indexes: [{ pocket: 'anvil', suite: 'anvil', uri: url }],
    });
  });

  it('has the architectures of its Release, whatever they are', async () => {
    const base = { ...BASE, arch: 'sparc64' };
    const { url } = await mirrorOf(anvil({ packages: [base], arches: ['sparc64', 'amd64v3'] }));
    const words = ['lock', 'anvil', `deb [signed-by=test.asc] ${url} anvil main`];
    const { stdout, stderr } = await call(words, 'sparc64');
    expect(stderr).not.toContain('error');
    expect(readLocks(stdout, 'x', LOCK_SECTIONS)).toMatchObject([{ arch: 'sparc64' }]);
    expect(await call(words, 'amd64v3')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/`anvil` has no architecture `amd64v3`\n\nhint: it has sparc64$/m),
    });
  });

  it('is what a mirror with `--keyring` says', async () => {
    const { url } = await mirrorOf(anvil());
    const { stdout } = await call(['lock', 'anvil', url, '--keyring', 'test.asc']);
    const [lock] = readLocks(stdout, 'x', LOCK_SECTIONS);
    expect(lock?.indexes).toMatchObject([{ pocket: 'release', suite: 'anvil', uri: url }]);
    const sources = lock?.image.files.find(({ path }) => path.endsWith('acme.sources'));
    expect(sources?.content).toMatch(/Suites: anvil\nComponents: main\nSigned-By: ?\n -----BEGIN PGP/);
  });

  it('is like another where `--like` names that', async () => {
    const { url } = await mirrorOf(anvil());
    const words = ['lock', 'anvil', '--like', 'trixie', '--pockets', 'release', '--mirror', url];
    const { stdout, stderr } = await call([...words, '--keyring', 'test.asc']);
    expect(stderr).not.toContain('error');
    expect(readLocks(stdout, 'x', LOCK_SECTIONS)[0]?.recipe).toMatchObject({ suite: 'anvil' });
  });

  it('is built again from its lock with nothing else at hand', async () => {
    const { url } = await mirrorOf(anvil());
    const line = `deb [signed-by=test.asc] ${url} anvil main`;
    const { stdout } = await call(['lock', 'anvil', line]);
    await put('l.json', stdout);
    for (const name of ['anvil', 'acme:anvil']) {
      const again = await call([name, '--simulate', '--lock', 'l.json']);
      expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining('base') });
    }
  });

  it('becomes a recipe by `recipe from`, which plans the same', async () => {
    const { url } = await mirrorOf(anvil());
    const line = `deb ${url} anvil main`;
    const { stdout } = await call(['recipe', 'from', line, '--keyring', 'test.asc']);
    await put('made.yaml', stdout);
    const plan = await call(['lock', './made.yaml']);
    expect(readLocks(plan.stdout, 'x', LOCK_SECTIONS)[0]).toMatchObject({
      recipe: { name: 'acme:anvil' },
      packages: [{ name: 'base' }],
      indexes: [{ pocket: 'release', suite: 'anvil', uri: url }],
    });
  });

  it('becomes a recipe whose pockets have the keys that their sources name', async () => {
    const other = await makeKey();
    const one = await mirrorOf(anvil());
    const two = await mirrorOf(anvil({ suite: 'extra', packages: [{ name: 'more' }], keys: [other] }));
    await put('other.asc', other.armored);
    const lines = [
      `deb [signed-by=test.asc] ${one.url} anvil main`,
      `deb [signed-by=other.asc] ${two.url} extra main`,
    ];
    const { stdout } = await call(['recipe', 'from', ...lines]);
    await put('made.yaml', stdout);
    expect(await mkbase('recipe check made.yaml --json')).toMatchObject({ status: 0 });
    const plan = await call(['lock', './made.yaml', '--include', 'more']);
    const [lock] = readLocks(plan.stdout, 'x', LOCK_SECTIONS);
    expect(lock?.packages).toMatchObject([{ pocket: 'release' }, { name: 'more', pocket: 'extra' }]);
    const [first, second] = lock!.image.files[0]!.content.split('\n\n');
    const keyOf = (stanza = '') => stanza.slice(stanza.indexOf('Signed-By'));
    expect(keyOf(first)).toMatch(/^Signed-By: ?\n -----BEGIN PGP/);
    expect(keyOf(second)).toMatch(/^Signed-By: ?\n -----BEGIN PGP/);
    expect(keyOf(first)).not.toBe(keyOf(second));
  });

  it('whose sources are of another is refused', async () => {
    const { url } = await mirrorOf(anvil());
    const line = `deb [signed-by=test.asc] ${url} anvil main`;
    expect(await call(['lock', 'hammer', line])).toMatchObject({
      status: 65,
      stdout: '',
      stderr: expect.stringContaining('the sources are of `anvil` and not of `hammer`'),
    });
  });

  it('may have any name with `--no-check-suite`', async () => {
    const { url } = await mirrorOf(anvil());
    const line = `deb [signed-by=test.asc] ${url} anvil main`;
    const { stdout } = await call(['lock', 'hammer', line, '--no-check-suite']);
    expect(readLocks(stdout, 'x', LOCK_SECTIONS)[0]).toMatchObject({
      recipe: { name: 'acme:hammer' },
      packages: [{ name: 'base' }],
    });
  });

  it('whose sources name no keys is refused', async () => {
    const { url } = await mirrorOf(anvil());
    expect(await call(['lock', 'anvil', `deb ${url} anvil main`])).toMatchObject({
      status: 5,
      stderr: expect.stringContaining(`there is no key for \`anvil\` of \`${url}\``),
    });
  });

  it('whose sources are of two distributions is refused', async () => {
    const one = await mirrorOf(anvil());
    const other = await mirrorOf(anvil({ release: { Origin: 'Bcme' } }));
    const lines = [one, other].map(({ url }) => `deb [signed-by=test.asc] ${url} anvil main`);
    expect(await call(['lock', 'anvil', ...lines])).toMatchObject({
      status: 65,
      stderr: expect.stringContaining('the sources of `anvil` are of `acme` and `bcme`'),
    });
  });

  it('and like another is refused where it has a recipe', async () => {
    expect(await call(['lock', 'bookworm', '--like', 'trixie'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('`bookworm` has a recipe'),
    });
  });

  it('and without sources is unknown', async () => {
    expect((await call(['lock', 'anvil'])).stderr).toContain('there is no recipe for `anvil`');
  });
});
