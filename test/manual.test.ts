import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Option } from '../src/cli/options/option.ts';
import { OPTIONS } from '../src/cli/options.ts';
import { EXIT_STATUS } from '../src/errors.ts';
import { TAR_ENDINGS } from '../src/target.ts';

const manual = await readFile(new URL('../docs/mkbase.1.md', import.meta.url), 'utf8');

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

  it('has a line for every class of errors with its exit status', () => {
    for (const [name, status] of Object.entries(EXIT_STATUS)) {
      expect(manual).toMatch(new RegExp(`^\\| ${status} +\\| ${name} +\\| \\S`, 'm'));
    }
  });

  it('names every ending of a tar', () => {
    for (const ending of Object.keys(TAR_ENDINGS)) expect(manual).toContain(`\`${ending}\``);
  });
});
