/** images.yaml: the list of images that are kept fresh. */
import { readFile } from 'node:fs/promises';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { MkbaseError, reasonOf } from '../errors.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import { type Fault, findFault, type JsonSchema, pathText } from '../json-schema.ts';
import { didYouMean } from '../nearest.ts';
import { parseSchedule } from './schedule.ts';
import { isPlain, parseTemplate, type Template } from './template.ts';

export interface ImagesFile {
  readonly images: readonly ImageSpec[];
  readonly webhook: string | null;
}

export interface ImageSpec {
  readonly name: string;
  /** As the command line has them, by the name of the option. */
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Without tags; the first is asked what there is. */
  readonly repositories: readonly Reference[];
  readonly tags: readonly Template[];
  /** A cron pattern in UTC. */
  readonly schedule: string | null;
  readonly retention: Retention | null;
  /** Where it stands in the file. */
  readonly line: number;
}

export type OptionValue =
  | string
  | boolean
  | readonly string[]
  | Readonly<Record<string, string | number | boolean>>;

/** Which dated tags stay: so many of the newest, and those younger than so many seconds. */
export interface Retention {
  readonly keep: number | null;
  readonly seconds: number | null;
}

// From dist/src/refresh, where this module runs.
const SCHEMA = new URL('../../../docs/images.schema.json', import.meta.url);
const COMMANDS = ['test', 'exec-on-change'];
const JOINED = ['env', 'label', 'annotation'];
/** Anchors are welcome; a file that expands to more than it could hold is not. */
const MOST_ALIASES = 100;

/**
 * Checks all that can be known without a build; every message has the line and the column.
 *
 * @throws MkbaseError `config/…`
 */
export async function readImagesFile(text: string, file: string): Promise<ImagesFile> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number, reason: string, hint: string, code = 'malformed') => {
    const { line, col } = lines.linePos(offset);
    return new MkbaseError(`config/${code}`, `${file}:${line}:${col}: ${reason}`, { hint });
  };
  const [error] = document.errors;
  if (error !== undefined) {
    const hint = error.code === 'DUPLICATE_KEY' ? 'name it once' : 'this is no YAML: look at the indentation';
    throw at(error.pos[0], oneLine(error.message), hint);
  }
  const value = toValue(document, file);
  const schema = JSON.parse(await readFile(SCHEMA, 'utf8')) as JsonSchema;
  const fault = findFault(value, schema);
  if (fault !== undefined) {
    const { path, reason } = fault;
    const subject = path.length === 0 ? 'the file' : `\`${pathText(path)}\``;
    throw at(offsetOf(document, path), `${subject} ${reason}`, hintOf(fault), codeOf(fault));
  }
  /** Adds the place to what is found wrong there. */
  const checked = <Result>(path: Fault['path'], check: () => Result): Result => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof MkbaseError)) throw error;
      const code = error.code.startsWith('config/') ? error.code.slice('config/'.length) : 'bad-value';
      throw at(offsetOf(document, path), error.message, error.hint ?? 'see the manual', code);
    }
  };
  const { images, webhook = null, ...others } = value as RawFile;
  const defaults = others.defaults ?? {};
  const specs = Object.entries(images).map(([name, own]): ImageSpec => {
    const raw = merged(defaults, own ?? {});
    const path = (key: string): Fault['path'] =>
      own !== null && key in own
        ? ['images', name, key]
        : key in defaults
          ? ['defaults', key]
          : ['images', name];
    const { repository, tags = ['{name}', '{name}-{date}'], schedule = null, retention, ...options } = raw;
    const templates = tags.map((tag, index) => checked([...path('tags'), index], () => parseTemplate(tag)));
    checked(path('tags'), () => checkMoving(templates, name));
    checked(path('suite'), () => checkSuite(options, name));
    if (schedule !== null) checked(path('schedule'), () => parseSchedule(schedule));
    return {
      name,
      options,
      repositories: checked(path('repository'), () => repositoriesOf(repository, name)),
      tags: templates,
      schedule,
      retention: retention === undefined ? null : retentionOf(retention),
      line: lines.linePos(offsetOf(document, ['images', name])).line,
    };
  });
  return { images: specs, webhook };
}

type RawImage = Readonly<Record<string, OptionValue>> & {
  readonly repository?: string | readonly string[];
  readonly tags?: readonly string[];
  readonly schedule?: string;
  readonly retention?: { readonly keep?: number; readonly for?: string };
};

interface RawFile {
  readonly defaults?: RawImage | null;
  readonly images: Readonly<Record<string, RawImage | null>>;
  readonly webhook?: string;
}

function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    throw new MkbaseError('config/malformed', `${file}: ${oneLine(reasonOf(error))}`, {
      hint: 'use fewer aliases: say what images share in `defaults`',
      cause: error,
    });
  }
}

function merged(defaults: RawImage, own: RawImage): RawImage {
  const joined = JOINED.filter((key) => key in defaults && key in own).map((key) => {
    return [key, { ...(defaults[key] as object), ...(own[key] as object) }];
  });
  return { ...defaults, ...own, ...Object.fromEntries(joined) };
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

function codeOf({ known }: Fault): string {
  return known === undefined ? 'bad-value' : 'unknown-key';
}

function hintOf({ path, known }: Fault): string {
  const name = String(path.at(-1) ?? '');
  if (COMMANDS.includes(name)) {
    return `commands do not come from this file: give \`--${name}\` on the command line`;
  }
  if (known === undefined) return 'see docs/images.schema.json, or name it in `$schema` for your editor';
  return didYouMean(name, known) ?? `there is ${known.join(', ')}`;
}

function checkMoving(templates: readonly Template[], name: string): void {
  if (templates.some(isPlain)) return;
  throw new MkbaseError('config/no-moving-tag', `\`${name}\` has no tag without {date} and {version:…}`, {
    hint: 'name one that always leads to the newest image, as in `{name}`',
  });
}

function checkSuite({ suite }: RawImage, name: string): void {
  if (suite !== undefined) return;
  throw new MkbaseError('config/bad-value', `\`images.${name}.suite\` is missing`, {
    hint: 'say what to make, as in `suite: bookworm`',
  });
}

function repositoriesOf(given: string | readonly string[] | undefined, name: string): Reference[] {
  const texts = [given ?? []].flat();
  if (texts.length === 0) {
    throw new MkbaseError('config/bad-value', `\`images.${name}.repository\` is missing`, {
      hint: 'say where to push it, as in `repository: registry.example/team/base`',
    });
  }
  return texts.map((text) => {
    const reference = parseReference(text);
    if (reference.tag === null && reference.digest === null) return reference;
    throw new MkbaseError('config/bad-value', `the repository \`${text}\` names a tag`, {
      hint: 'tags are named under `tags`',
    });
  });
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

function retentionOf({ keep, for: time }: NonNullable<RawImage['retention']>): Retention {
  const seconds = time === undefined ? null : Number(time.slice(0, -1)) * SECONDS[time.slice(-1)]!;
  return { keep: keep ?? null, seconds };
}

function oneLine(text: string): string {
  return text.split('\n')[0]!;
}
