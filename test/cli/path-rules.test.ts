import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPathRules } from '../../src/cli/path-rules.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-rules-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function fromFile(text: string): Promise<string[]> {
  await writeFile(join(folder, 'rules'), text);
  return readPathRules([{ kind: 'file', file: 'rules' }], folder);
}

describe('readPathRules', () => {
  it('reads a file as dpkg would, and patterns alone', async () => {
    const text = '# none of these\npath-exclude=/a/*\n\n path-include /a/b\n/c/*\n';
    expect(await fromFile(text)).toEqual(['path-exclude=/a/*', 'path-include=/a/b', 'path-exclude=/c/*']);
  });

  it('refuses a pattern that is not absolute', async () => {
    await expect(fromFile('usr/share\n')).rejects.toMatchObject({ code: 'usage/bad-value' });
  });

  it('refuses a file that is not there', async () => {
    await expect(readPathRules([{ kind: 'file', file: 'gone' }], folder)).rejects.toMatchObject({
      code: 'usage/unreadable-file',
    });
  });

  it('keeps the order of rules, files and the slim list', async () => {
    const rule = { kind: 'rule', rule: 'path-include=/usr/share/doc/x' } as const;
    const rules = await readPathRules([{ kind: 'slim' }, rule], folder);
    expect(rules[0]).toBe('path-exclude=/usr/share/doc/*');
    expect(rules.at(-1)).toBe(rule.rule);
  });
});
