import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseIndex } from '../../../src/families/apk/archive/index-file.ts';
import type { ApkRepository } from '../../../src/families/apk/choose/catalogue.ts';
import { solveWorld } from '../../../src/families/apk/choose/world.ts';
import { parseDependency } from '../../../src/families/apk/package/dependency.ts';

const GOLDEN = new URL('../../golden/apk-solver.txt', import.meta.url);

/** A world with what the real apk makes of it. */
export interface SolverCase {
  readonly title: string;
  readonly world: readonly string[];
  readonly repositories: readonly { readonly tag: string | null; readonly index: string }[];
  /** `name-version`, with `@tag` where one was needed, in the order of installation; null: refused. */
  readonly installed: readonly string[] | null;
  /** The refusal's lines. */
  readonly refusal: readonly string[];
}

export function solverCases(): SolverCase[] {
  const blocks = readFileSync(GOLDEN, 'utf8').trimEnd().split('\n\n').slice(1);
  return blocks.map((block) => {
    const [title = '', world = '', ...lines] = block.split('\n');
    const end = lines.findIndex((line) => /^(=> |refused: )/.test(line));
    const [answer = '', ...more] = lines.slice(end);
    const isRefused = answer.startsWith('refused: ');
    return {
      title: title.replace('# ', ''),
      world: world.replace('world: ', '').split(' '),
      repositories: repositoriesOf(lines.slice(0, end)),
      installed: isRefused ? null : answer.replace('=> ', '').split(' '),
      refusal: isRefused ? [answer.replace('refused: ', ''), ...more] : [],
    };
  });
}

/** mkbase's answer, in the same words. */
export function solveCase({ repositories, world }: Pick<SolverCase, 'repositories' | 'world'>): string[] {
  const parsed: ApkRepository[] = repositories.map(({ tag, index }) => ({
    tag,
    packages: parseIndex(index),
  }));
  return solveTexts(parsed, world);
}

export function solveTexts(repositories: readonly ApkRepository[], world: readonly string[]): string[] {
  const selected = solveWorld({ repositories, world: world.map((text) => parseDependency(text)!) });
  return selected.map(
    ({ package: { name, version }, tag }) => `${name}-${version}${tag === null ? '' : `@${tag}`}`,
  );
}

function repositoriesOf(lines: readonly string[]): SolverCase['repositories'] {
  const repositories: { tag: string | null; index: string }[] = [{ tag: null, index: '' }];
  for (const line of lines) {
    const [isNext, tag] = /^--(?: @(\w+))?$/.exec(line) ?? [];
    if (isNext === undefined) repositories.at(-1)!.index += stanzaOf(line);
    else repositories.push({ tag: tag ?? null, index: '' });
  }
  return repositories;
}

/** `name version | D:… | k:…` as a stanza of an index; the same line is the same package everywhere. */
export function stanzaOf(line: string): string {
  const [name, ...fields] = line.split(' | ');
  const [text, version] = name!.split(' ');
  const identity = `Q1${createHash('sha1').update(line).digest('base64')}`;
  const head = [
    `C:${identity}`,
    `P:${text}`,
    `V:${version}`,
    'A:x86_64',
    'S:100',
    'I:100',
    'T:t',
    'U:u',
    'L:l',
  ];
  return `${[...head, ...fields].join('\n')}\n\n`;
}
