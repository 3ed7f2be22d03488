/** Tags as images.yaml writes them: `{suite}-{date}`. Pure. */
import { MkbaseError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';

const FIELDS = ['name', 'suite', 'release', 'variant', 'date'] as const;
export type Field = (typeof FIELDS)[number];

export interface Template {
  readonly text: string;
  readonly parts: readonly TemplatePart[];
}

type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'version'; readonly package: string };

/** The values of the fields. */
export interface TemplateValues extends Readonly<Record<Field, string>> {
  /** The version of a package in the image; undefined where it is not in it. */
  readonly versionOf: (name: string) => string | undefined;
}

/** @throws MkbaseError `config/bad-template`, `config/unknown-field` */
export function parseTemplate(text: string): Template {
  const parts = [...text.matchAll(/\{([^{}]*)\}|[^{}]+|[{}]/g)].map(([piece, inside]): TemplatePart => {
    if (inside !== undefined) return fieldOf(inside, text);
    if (!/^[A-Za-z0-9._-]+$/.test(piece)) {
      throw badTemplate(text, `\`${piece}\` cannot be in a tag`, 'tags are of letters, digits and . _ -');
    }
    return { kind: 'text', text: piece };
  });
  if (parts.length === 0) throw badTemplate(text, 'it is empty', 'write a tag, as in `{suite}-{date}`');
  return { text, parts };
}

/** One with the date in it names one image for ever. */
export function isDated({ parts }: Template): boolean {
  return parts.some((part) => part.kind === 'field' && part.field === 'date');
}

/** One whose tag is known before a build and always leads to the newest image. */
export function isPlain(template: Template): boolean {
  return !isDated(template) && template.parts.every(({ kind }) => kind !== 'version');
}

/**
 * The tag. Characters of a version that a tag cannot have, such as `+` and `~`, become `-`.
 *
 * @throws MkbaseError `config/bad-template` where a package is not in the image, or the tag is not valid
 */
export function expandTemplate(template: Template, values: TemplateValues): string {
  const tag = template.parts.map((part) => partText(part, template, values)).join('');
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag)) return tag;
  throw badTemplate(
    template.text,
    `\`${tag}\` is not a tag`,
    'a tag has at most 128 characters and begins with a letter or digit',
  );
}

/** The text that two images must not have in common: the template with all that is known before a build. */
export function fixedText({ parts }: Template, values: Omit<TemplateValues, 'versionOf' | 'date'>): string {
  return parts
    .map((part) => {
      if (part.kind === 'text') return part.text;
      if (part.kind === 'version') return `{version:${part.package}}`;
      return part.field === 'date' ? '{date}' : values[part.field];
    })
    .join('');
}

function fieldOf(inside: string, text: string): TemplatePart {
  const [, name] = /^version:([a-z0-9][a-z0-9+._-]*)$/.exec(inside) ?? [];
  if (name !== undefined) return { kind: 'version', package: name };
  const field = FIELDS.find((known) => known === inside);
  if (field !== undefined) return { kind: 'field', field };
  const near = didYouMean(inside, FIELDS);
  const list = `there is ${FIELDS.map((known) => `{${known}}`).join(' ')} {version:PACKAGE}`;
  throw new MkbaseError('config/unknown-field', `the tag \`${text}\` has no field \`{${inside}}\``, {
    hint: near === undefined ? list : `${near}? ${list}`,
  });
}

function partText(part: TemplatePart, template: Template, values: TemplateValues): string {
  if (part.kind === 'text') return part.text;
  if (part.kind === 'field') return values[part.field].replace(/[^A-Za-z0-9._-]/g, '-');
  const version = values.versionOf(part.package);
  if (version !== undefined) return version.replace(/[^A-Za-z0-9._-]/g, '-');
  throw badTemplate(
    template.text,
    `\`${part.package}\` is not in the image`,
    'name a package that is, as `mkbase SUITE --print-debs` shows them',
  );
}

function badTemplate(text: string, reason: string, hint: string): MkbaseError {
  return new MkbaseError('config/bad-template', `the tag \`${text}\` cannot be made: ${reason}`, { hint });
}
