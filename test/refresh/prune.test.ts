import { describe, expect, it } from 'vitest';
import type { Digest } from '../../src/image/blob.ts';
import { datedTags } from '../../src/refresh/dated-tag.ts';
import { expired, removable } from '../../src/refresh/prune.ts';
import { parseTemplate } from '../../src/refresh/template.ts';

const values = { name: 'base', suite: 'bookworm', release: '12', variant: 'minbase', date: '20261120' };
const named = (templates: readonly string[], tags: readonly string[]) =>
  datedTags({ tags: templates.map(parseTemplate), values }, tags).map(({ tag, date, number }) => {
    return `${tag} ${date.toISOString().slice(0, 10)} ${number}`;
  });

describe('dated tags', () => {
  it('are those that a template gives on some day, and no others', () => {
    const tags = [
      ...['base', 'base-20261119', 'base-20261119-2', 'base-20261119-12', 'base-20261119-1'],
      ...['base-slim-20261119', 'base-20261340', 'xbase-20261119', 'base-20261119-rc'],
    ];
    expect(named(['{name}', '{name}-{date}'], tags)).toEqual([
      'base-20261119 2026-11-19 1',
      'base-20261119-2 2026-11-19 2',
      'base-20261119-12 2026-11-19 12',
    ]);
  });

  it('may hold versions and the other fields', () => {
    const tags = ['v12.5.2-1-20261119', 'v12-20261119'];
    expect(named(['v{release}.{version:bash}-{date}'], tags)).toEqual(['v12.5.2-1-20261119 2026-11-19 1']);
  });
});

describe('retention', () => {
  const now = new Date('2026-11-20T12:00:00Z');
  const days = ['20261120', '20261119', '20261101', '20261001'].map((day) => `base-${day}`);
  const gone = (retention: Parameters<typeof expired>[1], tags: readonly string[] = days) =>
    expired(datedTags({ tags: [parseTemplate('{name}-{date}')], values }, tags), retention, now).map(
      ({ tag }) => tag,
    );

  it.each([
    [{ keep: 2, seconds: null }, ['base-20261101', 'base-20261001']],
    [{ keep: null, seconds: 30 * 86400 }, ['base-20261001']],
    [{ keep: 3, seconds: 86400 }, ['base-20261001']],
    [{ keep: 9, seconds: null }, []],
  ])('%j lets go of %j', (retention, tags) => {
    expect(gone(retention)).toEqual(tags);
  });

  it('counts the last of a day as the newest', () => {
    expect(
      gone({ keep: 1, seconds: null }, ['base-20261119', 'base-20261119-10', 'base-20261119-2']),
    ).toEqual(['base-20261119-2', 'base-20261119']);
  });

  it('keeps the last of a recent day, which tells what numbers were given', () => {
    expect(gone({ keep: null, seconds: 60 }, ['base-20261120', 'base-20261120-2', 'base-20261101'])).toEqual([
      'base-20261120',
      'base-20261101',
    ]);
  });

  it('keeps a manifest that another tag leads to', () => {
    const at = (tag: string, hex: string) => ({ tag, digest: `sha256:${hex}` as Digest });
    const tags = [at('base', 'a'), at('base-1', 'a'), at('base-2', 'b'), at('base-3', 'b')];
    expect(removable(tags, new Set(['base-1', 'base-2']))).toEqual([]);
    expect(removable(tags, new Set(['base-1', 'base-2', 'base-3']))).toEqual([tags[2], tags[3]]);
  });
});
