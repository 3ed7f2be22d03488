/** YAML whose every fault can be shown with its line and column. */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { type ErrorClass, MkbaseError, reasonOf } from './errors.ts';
import type { Fault } from './json-schema.ts';

export interface YamlFile {
  readonly value: unknown;
  /** From 1. */
  readonly lineOf: (path: Fault['path']) => number;
  /** An error about the value at a path, or about the name of a member that is there and should not be. */
  readonly error: (path: Fault['path'], what: Complaint) => MkbaseError;
}

export interface Complaint {
  /** The code after the file's class: `config/WHAT`. */
  readonly what: string;
  readonly reason: string;
  readonly hint: string;
}

/** Anchors are welcome; a file that expands to more than it could hold is not. */
const MOST_ALIASES = 100;

export interface YamlOptions {
  /** The file's name in messages. */
  readonly file: string;
  /** The class of its errors. */
  readonly kind: ErrorClass;
}

/** @throws MkbaseError `KIND/malformed` */
export function parseYaml(text: string, { file, kind }: YamlOptions): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const errorAt = (offset: number, { what, reason, hint }: Complaint) => {
    const { line, col } = lines.linePos(offset);
    return new MkbaseError(`${kind}/${what}`, `${file}:${line}:${col}: ${reason}`, { hint });
  };
  const [error] = document.errors;
  if (error !== undefined) {
    const hint = error.code === 'DUPLICATE_KEY' ? 'name it once' : 'this is no YAML: look at the indentation';
    throw errorAt(error.pos[0], { what: 'malformed', reason: oneLine(error.message), hint });
  }
  return {
    value: toValue(document, { file, kind }),
    lineOf: (path) => lines.linePos(offsetOf(document, path)).line,
    error: (path, complaint) => errorAt(offsetOf(document, path), complaint),
  };
}

function toValue(document: Document, { file, kind }: YamlOptions): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    throw new MkbaseError(`${kind}/malformed`, `${file}: ${oneLine(reasonOf(error))}`, {
      hint: 'use fewer aliases: say what is shared once, as in `defaults` of a list of images',
      cause: error,
    });
  }
}

/** The place of a value; of a member that is missing that of the one around it; of one too many its name's. */
function offsetOf(document: Document, path: Fault['path']): number {
  const parent = document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    if (isScalar(pair?.key)) return pair.key.range?.[0] ?? 0;
  }
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isNode(node)) return node.range?.[0] ?? 0;
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1));
}

function oneLine(text: string): string {
  return text.split('\n')[0]!;
}
