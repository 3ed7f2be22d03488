import { describe, expect, test } from 'vitest';
import { FAMILIES } from '../../src/families/index.ts';
import { platformOf } from '../../src/image/platform.ts';
import { archOf } from '../../src/recipe/arch.ts';
import { findRecipe } from '../../src/recipe/recipes.ts';

describe('archOf', () => {
  test.each([
    ['alpine:3.23', 'amd64', 'x86_64'],
    ['alpine:3.23', 'arm64', 'aarch64'],
    ['alpine:3.23', 'i386', 'x86'],
    ['alpine:3.23', 'armhf', 'armhf'],
    ['alpine:3.23', 'ppc64el', 'ppc64le'],
    ['alpine:3.23', 'loong64', 'loongarch64'],
    ['bookworm', 'x86_64', 'amd64'],
    ['bookworm', 'aarch64', 'arm64'],
    ['bookworm', 'armv7', 'armhf'],
  ])('of %s takes %s for %s', (suite, asked, arch) => {
    expect(archOf(findRecipe(suite), asked)).toBe(arch);
  });

  test('refuses what the recipe does not have, and says what it has', () => {
    expect(() => archOf(findRecipe('wolfi'), 's390x')).toThrowError(
      expect.objectContaining({ code: 'usage/unknown-architecture', hint: 'it has aarch64, x86_64' }),
    );
  });
});

test('what Alpine calls armhf is version 6, and what Debian does is version 7', () => {
  expect(platformOf('armhf', FAMILIES.find(({ name }) => name === 'apk')!.platforms)).toMatchObject({
    architecture: 'arm',
    variant: 'v6',
  });
  expect(platformOf('armhf')).toMatchObject({ architecture: 'arm', variant: 'v7' });
});
