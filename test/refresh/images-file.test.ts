import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it, test } from 'vitest';
import { OPTIONS } from '../../src/cli/options.ts';
import { readImagesFile } from '../../src/refresh/images-file.ts';

const MINIMAL = `\
images:
  base:
    suite: bookworm
    repository: registry.example/base
`;

describe('images.yaml', () => {
  it('names an image and where it goes; the tags have defaults', async () => {
    const { images, webhook } = await readImagesFile(MINIMAL, 'images.yaml');
    expect(webhook).toBeNull();
    expect(images).toMatchObject([
      {
        name: 'base',
        options: { suite: 'bookworm' },
        repositories: [{ domain: 'registry.example', path: 'base', tag: null }],
        tags: [{ text: '{name}' }, { text: '{name}-{date}' }],
        schedule: null,
        retention: null,
        line: 2,
      },
    ]);
  });

  it('joins variables, labels and annotations of the defaults, and lets an image say all else anew', async () => {
    const text = `\
defaults:
  suite: bookworm
  repository: [one.example/base, two.example/base]
  include: [curl]
  env: { A: 1, B: 2 }
  retention: { keep: 3, for: 2w }
images:
  plain:
  other:
    include: [wget]
    env: { B: x }
    schedule: 30 4 * * *
`;
    const { images } = await readImagesFile(text, 'images.yaml');
    expect(images).toMatchObject([
      { options: { include: ['curl'], env: { A: 1, B: 2 } }, retention: { keep: 3, seconds: 1_209_600 } },
      { options: { include: ['wget'], env: { A: 1, B: 'x' } }, schedule: '30 4 * * *' },
    ]);
    expect(images[1]?.repositories).toHaveLength(2);
  });

  it.each([
    ['broken YAML', 'images:\n  a: [', 'config/malformed', 'f.yaml:2:7: ', 'indentation'],
    [
      'a key twice',
      `${MINIMAL}images: {}`,
      'config/malformed',
      'f.yaml:5:1: Map keys must be unique',
      'once',
    ],
    ['an empty file', '', 'config/bad-value', 'f.yaml:1:1: the file is not of type object', 'schema'],
    ['no images', 'images: {}', 'config/bad-value', 'f.yaml:1:1: `images` is empty', 'schema'],
    [
      'an unknown key',
      `${MINIMAL}    includes: [curl]`,
      'config/unknown-key',
      'f.yaml:5:5: `images.base.includes` is not known',
      'did you mean `include`',
    ],
    [
      'a command',
      `${MINIMAL}    test: rm -rf /`,
      'config/unknown-key',
      'f.yaml:5:5: `images.base.test` is not known',
      '`--test` on the command line',
    ],
    [
      'a wrong type',
      `${MINIMAL}    slim: maybe`,
      'config/bad-value',
      'f.yaml:5:5: `images.base.slim` is not of type boolean',
      'schema',
    ],
    [
      'a wrong item',
      `${MINIMAL}    tags: [x, {}]`,
      'config/bad-value',
      'f.yaml:5:15: `images.base.tags[1]` is not of type string',
      'schema',
    ],
    [
      'a mirror that is a file',
      `${MINIMAL}    mirror: file:///etc`,
      'config/bad-value',
      'f.yaml:5:5: `images.base.mirror` does not have the form ^https?://',
      'schema',
    ],
    [
      'an unknown field',
      `${MINIMAL}    tags: [x, "{suit}"]`,
      'config/unknown-field',
      'f.yaml:5:15: the tag `{suit}` has no field `{suit}`',
      'did you mean `suite`',
    ],
    ['a tag that is none', `${MINIMAL}    tags: ["a b"]`, 'config/bad-template', 'f.yaml:5:12: ', 'letters'],
    [
      'no tag to ask for',
      `${MINIMAL}    tags: ["{date}", "{version:bash}"]`,
      'config/no-moving-tag',
      'f.yaml:5:5: `base` has no tag without {date} and {version:…}',
      '`{name}`',
    ],
    [
      'a bad schedule',
      `${MINIMAL}    schedule: daily at four`,
      'config/bad-schedule',
      'f.yaml:5:5: `daily at four` is not a schedule',
      '30 4 * * *',
    ],
    [
      'a repository with a tag',
      MINIMAL.replace('/base', '/base:1'),
      'config/bad-value',
      'f.yaml:4:5: the repository `registry.example/base:1` names a tag',
      'under `tags`',
    ],
    [
      'no repository',
      'images:\n  a:\n    suite: sid\n',
      'config/bad-value',
      'f.yaml:2:3: `images.a.repository` is missing',
      'registry.example',
    ],
    ['no suite', 'images: { a: {} }', 'config/bad-value', '`images.a.suite` is missing', 'suite: bookworm'],
    ['a name that is not a tag', 'images: { a/b: {} }', 'config/bad-value', 'f.yaml:1:11: ', 'schema'],
  ])('%s is refused with its place', async (_, text, code, message, hint) => {
    await expect(readImagesFile(text, 'f.yaml')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  test('a file that would expand without end is refused', async () => {
    const lines = Array.from({ length: 9 }, (_, level) => {
      return `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`;
    });
    await expect(readImagesFile(['a0: &a0 [x]', ...lines].join('\n'), 'f.yaml')).rejects.toMatchObject({
      code: 'config/malformed',
    });
  });
});

describe('the schema', () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../docs/images.schema.json', import.meta.url), 'utf8'),
  ) as { $defs: { image: { properties: Record<string, { type?: unknown; enum?: string[] }> } } };
  const OWN = ['suite', 'path-rules', 'repository', 'tags', 'schedule', 'retention', 'hold'];

  it('is one', () => {
    expect(() => new Ajv2020({ strict: true, strictTypes: false }).compile(schema)).not.toThrow();
  });

  it('names what is in an image as the options do', () => {
    for (const [name, { enum: values }] of Object.entries(schema.$defs.image.properties)) {
      if (OWN.includes(name)) continue;
      const option = OPTIONS.find((known) => known.name === name);
      expect(option?.name).toBe(name);
      if (values !== undefined) expect((option as { allowed?: unknown }).allowed).toEqual(values);
    }
  });
});
