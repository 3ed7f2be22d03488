/** An entry of images.yaml. */
import { MkbaseError } from '../errors.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import type { Fault } from '../json-schema.ts';
import { parseDuration } from '../time.ts';
import { parseSchedule } from './schedule.ts';
import { isPlain, parseTemplate, type Template } from './template.ts';

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
  /** As a RefreshImage has it. */
  readonly hold: boolean | null;
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

/** As the schema lets it be. */
export type RawImage = Readonly<Record<string, OptionValue>> & {
  readonly repository?: string | readonly string[];
  readonly tags?: readonly string[];
  readonly schedule?: string;
  readonly retention?: { readonly keep?: number; readonly for?: string };
  readonly hold?: boolean;
};

const JOINED = ['env', 'label', 'annotation'];

export interface SpecPlace {
  readonly name: string;
  readonly defaults: RawImage;
  /** Runs a check and gives its error the place of a path in the file. */
  readonly at: <Result>(path: Fault['path'], check: () => Result) => Result;
}

/** @throws MkbaseError `config/…` */
export function specOf(own: RawImage, { name, defaults, at }: SpecPlace): Omit<ImageSpec, 'line'> {
  const raw = merged(defaults, own);
  const pathOf = (key: string): Fault['path'] => {
    if (key in own) return ['images', name, key];
    return key in defaults ? ['defaults', key] : ['images', name];
  };
  const {
    repository,
    tags = ['{name}', '{name}-{date}'],
    schedule = null,
    retention,
    hold = null,
    ...options
  } = raw;
  const templates = tags.map((tag, index) => at([...pathOf('tags'), index], () => parseTemplate(tag)));
  at(pathOf('tags'), () => checkMoving(templates, name));
  at(pathOf('suite'), () => checkSuite(options, name));
  if (schedule !== null) at(pathOf('schedule'), () => parseSchedule(schedule));
  return {
    name,
    options,
    repositories: at(pathOf('repository'), () => repositoriesOf(repository, name)),
    tags: templates,
    schedule,
    retention: retention === undefined ? null : retentionOf(retention),
    hold,
  };
}

function merged(defaults: RawImage, own: RawImage): RawImage {
  const joined = JOINED.filter((key) => key in defaults && key in own).map((key) => {
    return [key, { ...(defaults[key] as object), ...(own[key] as object) }];
  });
  return { ...defaults, ...own, ...Object.fromEntries(joined) };
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

function retentionOf({ keep, for: time }: NonNullable<RawImage['retention']>): Retention {
  return { keep: keep ?? null, seconds: time === undefined ? null : parseDuration(time) };
}
