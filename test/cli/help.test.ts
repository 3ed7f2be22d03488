import { describe, expect, it } from 'vitest';
import { recipes } from '../../recipes/index.ts';
import { helpText } from '../../src/cli/help.ts';
import { OPTIONS } from '../../src/cli/options.ts';

describe('helpText', () => {
  it('is this text', async () => {
    await expect(helpText()).toMatchFileSnapshot('../golden/help.txt');
  });

  it('shows every option once, in lines of at most 100 characters', () => {
    const text = helpText();
    for (const { name } of OPTIONS)
      expect(text.match(new RegExp(`^  .{4}--${name}( |$)`, 'gm'))).toHaveLength(1);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe('the table of options', () => {
  it('has a short line for each, without a final period', () => {
    for (const { summary } of OPTIONS) expect(summary).toMatch(/^[^A-Z\n]|^OpenPGP/);
    for (const { summary } of OPTIONS) expect(summary).not.toMatch(/\.$/);
  });

  it('knows the architectures of all recipes', () => {
    const { allowed } = OPTIONS.find(({ name }) => name === 'arch') as { allowed: readonly string[] };
    expect(allowed).toEqual(expect.arrayContaining(recipes.flatMap(({ arches }) => arches)));
  });

  it('spells no name twice', () => {
    const names = OPTIONS.flatMap((option) => [
      option.name,
      ...('short' in option ? [option.short] : []),
      ...('also' in option ? option.also : []),
    ]);
    expect(new Set(names).size).toBe(names.length);
  });
});
