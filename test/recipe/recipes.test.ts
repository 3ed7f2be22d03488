import { createHash, createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readKey } from 'openpgp';
import { describe, expect, test } from 'vitest';
import { platformOf } from '../../src/image/platform.ts';
import { BUILT_IN, builtInRecipes } from '../../src/recipe/built-in.ts';
import { findRecipe, loadRecipe, pointReleaseOf } from '../../src/recipe/recipes.ts';

const recipes = builtInRecipes();

const KEYS = new URL('../../recipes/keys/', import.meta.url);

describe('findRecipe', () => {
  test.each([
    ['bookworm', 'bookworm'],
    ['debian:bookworm', 'bookworm'],
    ['debian:12', 'bookworm'],
    ['oldstable', 'bookworm'],
    ['stable', 'trixie'],
    ['raspios', 'trixie'],
    ['debian:stable', 'trixie'],
    ['Trixie', 'trixie'],
    ['unstable', 'sid'],
    ['testing', 'forky'],
    ['oldoldstable', 'bullseye'],
    ['debian:11', 'bullseye'],
    ['debian:10', 'buster'],
    ['debian:9', 'stretch'],
    ['ubuntu:26.04', 'resolute'],
    ['ubuntu:25.10', 'questing'],
    ['ubuntu:25.04', 'plucky'],
    ['ubuntu:24.10', 'oracular'],
    ['ubuntu:devel', 'tenacious'],
    ['trusty', 'trusty'],
    ['ubuntu:14.04', 'trusty'],
    ['ubuntu:trusty', 'trusty'],
    ['lts', 'resolute'],
    ['ubuntu:lts', 'resolute'],
    ['ubuntu', 'resolute'],
    ['ubuntu:latest', 'resolute'],
    ['ubuntu:rolling', 'stonking'],
    ['debian', 'trixie'],
    ['debian:latest', 'trixie'],
    ['debian:13.8', 'trixie'],
    ['alpine:3', 'v3.24'],
    ['alpine:3.23.2', 'v3.23'],
    ['alpine:3.20', 'v3.20'],
    ['alpine:v3.20', 'v3.20'],
    ['alpine', 'v3.24'],
    ['alpine:latest-stable', 'v3.24'],
    ['alpine:edge', 'edge'],
    ['wolfi', 'os'],
  ])('%s stands for %s', (name, suite) => {
    expect(findRecipe(name).suite).toBe(suite);
  });

  test.each([
    ['bokworm', 'did you mean `bookworm`'],
    ['debian:tixie', 'did you mean `debian:trixie`'],
    ['13', 'see `mkbase list` for all suites'],
    ['plan9', 'see `mkbase list` for all suites'],
    ['latest', 'see `mkbase list` for all suites'],
  ])('%s is unknown, and the nearest names are told', (name, hint) => {
    expect(() => findRecipe(name)).toThrow(
      expect.objectContaining({ code: 'usage/unknown-suite', hint: expect.stringContaining(hint) }),
    );
  });

  test('an unknown suite is named as it was written', () => {
    expect(() => findRecipe('Potato')).toThrow('there is no recipe for `Potato`');
  });
});

describe('pointReleaseOf', () => {
  test.each([
    ['debian:13.8', '13.8'],
    ['Debian:13.8', '13.8'],
    ['debian:13', null],
    ['trixie', null],
    ['ubuntu:24.04', null],
    ['ubuntu:24.04.3', '24.04.3'],
    ['alpine:3.23', null],
    ['alpine:3.23.2', '3.23.2'],
    ['alpine:3', null],
  ])('of %s is %s', (name, release) => {
    expect(pointReleaseOf(name, findRecipe(name))).toBe(release);
  });
});

describe('the recipes', () => {
  test('no name stands for two of them, but the codename that a derivative took from Debian', () => {
    const names = BUILT_IN.flatMap(({ names }) => names);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual(['trixie']);
  });

  test.each(recipes.map((recipe) => [recipe.suite, recipe] as const))(
    '%s can be loaded',
    async (_, recipe) => {
      const loaded = await loadRecipe(recipe);
      expect(loaded.keyFiles.map(({ name }) => name)).toEqual(recipe.keyNames);
      expect(recipe.keyNames).not.toEqual([]);
      const platforms = loaded.arches.map((arch) => platformOf(arch).architecture);
      expect(platforms).toContain(recipe.distribution === 'raspios' ? 'arm64' : 'amd64');
    },
  );

  // `apt-config dump` in each of them; that of Ubuntu has it for apt and apt-get alone.
  test.each([
    ['trixie', 'apt'],
    ['forky', '3'],
    ['plucky', 'apt'],
    ['questing', '3'],
    ['tenacious', '3'],
  ])('%s solves as its own apt does, with the solver %s', (suite, solver) => {
    expect(findRecipe(suite)).toMatchObject({ solver });
  });

  test('each key has the fingerprint that its readme states', async () => {
    const readme = readFileSync(new URL('README.md', KEYS), 'utf8');
    const stated = new Map(
      [...readme.matchAll(/\| (\S+\.asc) +\| ([0-9A-F]{40})/g)].map((row) => [row[1], row[2]]),
    );
    const files = readdirSync(KEYS).filter((name) => name.endsWith('.asc'));
    expect([...stated.keys()].sort()).toEqual(files);
    for (const file of files) {
      const key = await readKey({ armoredKey: readFileSync(new URL(file, KEYS), 'utf8') });
      expect(key.getFingerprint().toUpperCase()).toBe(stated.get(file));
    }
  });

  test("each of apk's keys has the digest that its readme states", () => {
    const readme = readFileSync(new URL('README.md', KEYS), 'utf8');
    const stated = new Map(
      [...readme.matchAll(/\| (\S+\.pub) +\| ([0-9a-f]{64})/g)].map((row) => [row[1], row[2]]),
    );
    const files = readdirSync(KEYS).filter((name) => name.endsWith('.pub'));
    expect([...stated.keys()].sort()).toEqual(files);
    for (const file of files) {
      const key = createPublicKey(readFileSync(new URL(file, KEYS)));
      const der = key.export({ type: 'spki', format: 'der' });
      expect(createHash('sha256').update(der).digest('hex')).toBe(stated.get(file));
    }
  });
});
