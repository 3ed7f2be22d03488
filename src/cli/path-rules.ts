import { resolve } from 'node:path';
import { slim } from '../rootfs/slim.ts';
import type { PathRuleSource } from './arguments.ts';
import { readOptionFile } from './option-file.ts';
import { pathRule } from './values.ts';

/** `path-exclude=GLOB` and `path-include=GLOB` of all sources, in their order. */
export async function readPathRules(sources: readonly PathRuleSource[], cwd: string): Promise<string[]> {
  const rules = await Promise.all(sources.map((source) => rulesOf(source, cwd)));
  return rules.flat();
}

function rulesOf(source: PathRuleSource, cwd: string): readonly string[] | Promise<readonly string[]> {
  switch (source.kind) {
    case 'rule':
      return [pathRule(source.rule)];
    case 'file':
      return readRuleFile(resolve(cwd, source.file));
    case 'slim':
      return slim.flatMap(({ rules }) => rules);
  }
}

/** Lines of dpkg.cfg(5), `path-exclude=GLOB` or with a space; a pattern alone is left out; `#` begins a comment. */
async function readRuleFile(file: string): Promise<string[]> {
  const text = await readOptionFile('exclude-from', file, 'latin1');
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, key = 'path-exclude', glob = line] =
        /^(path-(?:exclude|include))\s*[=\s]\s*(.+)$/.exec(line) ?? [];
      return pathRule(`${key}=${glob}`);
    });
}
