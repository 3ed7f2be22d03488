import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MkbaseError, reasonOf } from '../errors.ts';
import { shownUrl } from '../fetch/address.ts';
import { withoutEnd } from '../formats/line-end.ts';
import type { GivenSource, Job } from '../job.ts';

export interface SourceArguments {
  /** Every MIRROR, in order. */
  readonly mirrors: readonly string[];
  /** `--mirror` */
  readonly mirror: string | null;
  /** Every `--source`, in order. */
  readonly sources: readonly string[];
}

export interface SourceSurroundings {
  readonly cwd: string;
  /** Standard input to its end. */
  readonly stdin: () => Promise<string>;
}

/**
 * The origin of packages, as mmdebstrap(1) takes MIRROR: the first address is the suite's mirror; where
 * there are only lines and files, these replace the suite. Sources of `--source` are added.
 */
export async function sourcesFrom(
  { mirrors, mirror, sources }: SourceArguments,
  surroundings: SourceSurroundings,
): Promise<Pick<Job, 'mirror' | 'sources' | 'sourcesOnly'>> {
  const given = mirrors.map(readOperand);
  const first = given.find((source) => source.kind === 'url');
  if (mirror !== null && first !== undefined && first.url !== mirrorUrl(mirror)) {
    throw new MkbaseError('usage/conflict', 'MIRROR and `--mirror` name two mirrors', {
      hint: 'name the mirror once',
    });
  }
  const others = [...given.filter((source) => source !== first), ...sources.map(readOperand)];
  if (others.filter(({ kind }) => kind === 'stdin').length > 1) {
    throw new MkbaseError('usage/conflict', 'standard input is named twice as a source', {
      hint: 'name `-` once',
    });
  }
  // One after the other: the first of several bad ones is reported, whichever is read faster.
  const loadedSources: Job['sources'][number][] = [];
  for (const operand of others) loadedSources.push(await loaded(operand, surroundings));
  return {
    mirror: first?.url ?? (mirror === null ? null : mirrorUrl(mirror)),
    sources: loadedSources,
    sourcesOnly: given.length > 0 && first === undefined && mirror === null,
  };
}

type Operand =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'file'; readonly file: string };

function readOperand(text: string): Operand {
  if (text === '-') return { kind: 'stdin' };
  if (/^(deb(-src)?|@\S+)\s/.test(text)) return { kind: 'line', line: text };
  if (text.includes('://') || /^(file|copy):/.test(text)) return { kind: 'url', url: mirrorUrl(text) };
  return { kind: 'file', file: text };
}

async function loaded(operand: Operand, { cwd, stdin }: SourceSurroundings): Promise<GivenSource> {
  if (operand.kind === 'url') return operand;
  if (operand.kind === 'line') return { kind: 'list', text: `${operand.line}\n`, file: null, folder: cwd };
  if (operand.kind === 'stdin') return { kind: 'list', text: await stdin(), file: null, folder: cwd };
  const path = resolve(cwd, operand.file);
  try {
    const text = await readFile(path, 'utf8');
    return { kind: 'list', text, file: basename(path), folder: dirname(path) };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw noMirror(operand.file);
    throw new MkbaseError(
      'usage/unreadable-file',
      `cannot read \`${path}\`: ${code === 'EISDIR' ? 'it is a directory' : reasonOf(cause)}`,
      {
        hint:
          code === 'EISDIR'
            ? `as a mirror it is \`${pathToFileURL(path).href}\``
            : 'name a file of sources that this user can read',
        cause,
      },
    );
  }
}

function mirrorUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isKnown = url !== null && /^(https?|file|copy):$/.test(url.protocol);
  if (!isKnown || url.search !== '' || url.hash !== '') throw noMirror(text);
  return withoutEnd(text, '/');
}

function noMirror(text: string): MkbaseError {
  return new MkbaseError(
    'usage/bad-value',
    `\`${shownUrl(text)}\` is neither a mirror nor a file of sources`,
    {
      hint: 'give an address as in `http://ftp.debian.org/debian`, a line `deb …`, a file of sources, or `-`',
    },
  );
}
