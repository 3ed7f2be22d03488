/** Finds the tags again that templates with a date have given. Pure. */
import type { RefreshImage } from './image.ts';
import { isDated, type Template } from './template.ts';

export interface DatedTag {
  readonly tag: string;
  /** Midnight of its day, UTC. */
  readonly date: Date;
  /** 1 for the first of its day. */
  readonly number: number;
}

/** Those of `tags` that a dated template of the image gives on some day. */
export function datedTags(
  { tags: templates, values }: Pick<RefreshImage, 'tags' | 'values'>,
  tags: readonly string[],
): DatedTag[] {
  const patterns = templates.filter(isDated).map((template) => patternOf(template, values));
  return tags.flatMap((tag) => {
    const groups = patterns.map((pattern) => pattern.exec(tag)?.groups).find((found) => found !== undefined);
    if (groups === undefined) return [];
    const date = new Date(groups.date!.replace(/(....)(..)(..)/, '$1-$2-$3'));
    if (Number.isNaN(date.getTime())) return [];
    return [{ tag, date, number: Number(groups.number ?? 1) }];
  });
}

/** The same, of which the last of a day is newer than those before. */
export function newestFirst(
  image: Pick<RefreshImage, 'tags' | 'values'>,
  tags: readonly string[],
): DatedTag[] {
  return datedTags(image, tags).toSorted(newerFirst);
}

export function newerFirst(a: DatedTag, b: DatedTag): number {
  return b.date.getTime() - a.date.getTime() || b.number - a.number;
}

function patternOf({ parts }: Template, values: RefreshImage['values']): RegExp {
  let dates = 0;
  const pieces = parts.map((part) => {
    if (part.kind === 'version') return '[A-Za-z0-9._-]+';
    if (part.kind === 'text') return escaped(part.text);
    if (part.field !== 'date') return escaped(values[part.field].replace(/[^A-Za-z0-9._-]/g, '-'));
    dates++;
    return dates === 1 ? '(?<date>\\d{8})' : '\\k<date>';
  });
  return new RegExp(`^${pieces.join('')}(?:-(?<number>[2-9]|[1-9]\\d+))?$`);
}

function escaped(text: string): string {
  return text.replace(/[.-]/g, '\\$&');
}
