import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseArguments } from '../src/cli/arguments.ts';
import { BUILD, NAMED_COMMANDS } from '../src/cli/commands.ts';
import type { Option } from '../src/cli/options/option.ts';
import { OPTIONS } from '../src/cli/options.ts';
import { EXIT_STATUS } from '../src/errors.ts';
import { parseHookAction } from '../src/hooks/hook.ts';
import { shellWords } from '../src/hooks/shell-words.ts';
import { parseTarget, TAR_ENDINGS } from '../src/targets/target.ts';
import { temporaryDirectory } from './fetch/support.ts';

const manual = await readFile(new URL('../docs/mkbase.1.md', import.meta.url), 'utf8');

describe('the README', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const lines = [...readme.matchAll(/npx (mkbase [^`#\n]*)/g)].map(([, line]) => line!.trim());
  it.each(lines)('%s', (line) => {
    const [, ...argv] = shellWords(line.replace(/ [|>] .*/, '')) ?? [];
    expect(parseArguments(argv).flags).toBeTruthy();
  });
});

describe('the manual', () => {
  it.each(OPTIONS.map((option) => [option.name, option as Option] as const))(
    'explains --%s',
    (name, option) => {
      const entry = manual.split('\n\n').find((paragraph) => paragraph.includes(`**--${name}**`)) ?? '';
      expect(entry).toContain('\n: ');
      const value = option.value ?? '';
      expect(entry).toContain(value === '' ? '' : `_${value}_`);
      for (const other of option.also ?? []) expect(entry).toContain(`**--${other}**`);
      if (option.short !== undefined) expect(entry).toContain(`**-${option.short}**`);
      for (const allowed of option.allowed ?? []) expect(entry).toMatch(new RegExp(`\\b${allowed}\\b`));
    },
  );

  it('explains no option that there is not', () => {
    const names = OPTIONS.flatMap((option: Option) => [option.name, ...(option.also ?? [])]);
    const explained = [...manual.matchAll(/\*\*--([a-z-]+)\*\*/g)].map((match) => match[1]!);
    expect(explained.filter((name) => !names.includes(name))).toEqual([]);
  });

  describe('has examples that parse', () => {
    const examples = [...manual.slice(manual.indexOf('## EXAMPLES')).matchAll(/^ {4}(mkbase .*)$/gm)];
    it.each(examples.map((match) => match[1]!))('%s', async (example) => {
      const [, ...argv] = shellWords(example.replace(/ \| .*/, '')) ?? [];
      const { command, operands, flags } = parseArguments(argv);
      expect(command).toBe(BUILD);
      for (const target of [...operands.slice(1, 2), ...flags.to]) {
        // Where none of the examples' directories is in the way.
        const surroundings = { cwd: await temporaryDirectory(), stdoutIsTerminal: false, tags: [] };
        expect(await parseTarget(target, surroundings)).toBeTruthy();
      }
      for (const { name, allowed = [] } of OPTIONS as readonly Option[]) {
        const given = [flags[name as keyof typeof flags]].flat();
        if (allowed.length > 0) expect(allowed).toEqual(expect.arrayContaining(given.filter(Boolean)));
      }
    });

    const hooks = [...manual.matchAll(/--(?:setup|essential|customize)-hook=(?:'[^']*'|"[^"]*")/g)];
    it.each(hooks.map(([text]) => text))('%s', (example) => {
      const [argument = ''] = shellWords(example) ?? [];
      const text = argument.slice(argument.indexOf('=') + 1);
      const { kind } = parseHookAction(text, '/', false);
      expect(/^(copy|sync|tar|up|down)/.test(text) ? kind : 'shell').toBe(kind);
    });
  });

  it('begins with the form of every command', () => {
    const synopsis = manual.slice(manual.indexOf('## SYNOPSIS'), manual.indexOf('## DESCRIPTION'));
    for (const { name } of NAMED_COMMANDS)
      expect(synopsis).toMatch(new RegExp(`^ {4}mkbase ${name}\\b`, 'm'));
  });

  it('has a line for every class of errors with its exit status', () => {
    for (const [name, status] of Object.entries(EXIT_STATUS)) {
      expect(manual).toMatch(new RegExp(`^\\| ${status} +\\| ${name} +\\| \\S`, 'm'));
    }
  });

  it('names every ending of a tar', () => {
    for (const ending of Object.keys(TAR_ENDINGS)) expect(manual).toContain(`\`${ending}\``);
  });
});
