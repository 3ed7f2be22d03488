import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { helpText } from '../../src/cli/help.ts';
import { OPTIONS } from '../../src/cli/options.ts';
import { builtInRecipes } from '../../src/recipe/built-in.ts';

const recipes = builtInRecipes();

describe('helpText', () => {
  it('is this text', async () => {
    await expect(helpText()).toMatchFileSnapshot('../golden/help.txt');
  });

  it.each(COMMANDS.map((command) => [command.name, command] as const))(
    'of %s shows each of its options once, in lines of at most 100 characters',
    (_, command) => {
      const text = helpText(command);
      for (const name of command.options) {
        expect(text.match(new RegExp(`^  .{4}--${name}( |$)`, 'gm'))).toHaveLength(1);
      }
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    },
  );

  it('leaves no option out', () => {
    const taken = new Set(['help', ...COMMANDS.flatMap(({ options }) => options)]);
    expect(OPTIONS.map(({ name }) => name).filter((name) => !taken.has(name))).toEqual([]);
  });
});

describe('the table of options', () => {
  it('has a short line for each, without a final period', () => {
    for (const { summary } of OPTIONS) expect(summary).toMatch(/^[^A-Z\n]/);
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
