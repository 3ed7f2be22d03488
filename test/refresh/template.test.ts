import { describe, expect, it } from 'vitest';
import { expandTemplate, fixedText, isDated, parseTemplate } from '../../src/refresh/template.ts';

const VALUES = {
  name: 'base',
  suite: 'bookworm',
  release: '12',
  variant: 'minbase',
  date: '20261120',
  versionOf: (name: string) => (name === 'bash' ? '2:5.2.15-2+b7~deb12' : undefined),
};

describe('a template of tags', () => {
  it.each([
    ['{suite}', 'bookworm'],
    ['{suite}-{date}', 'bookworm-20261120'],
    ['v{release}.{variant}_{name}', 'v12.minbase_base'],
    ['bash-{version:bash}', 'bash-2-5.2.15-2-b7-deb12'],
  ])('%s gives %s', (text, tag) => {
    expect(expandTemplate(parseTemplate(text), VALUES)).toBe(tag);
  });

  it.each([
    ['{version:zsh}', '`zsh` is not in the image'],
    [`{name}${'x'.repeat(128)}`, 'is not a tag'],
    ['-{name}', 'is not a tag'],
  ])('%s cannot be a tag', (text, reason) => {
    expect(() => expandTemplate(parseTemplate(text), VALUES)).toThrow(reason);
  });

  it.each(['', '{', 'a}b', 'a/b', '{version:}', '{version:../x}', '{DATE}'])('%j is refused', (text) => {
    expect(() => parseTemplate(text)).toThrow();
  });

  it('with the date is of one image for ever', () => {
    expect(isDated(parseTemplate('{suite}-{date}'))).toBe(true);
    expect(isDated(parseTemplate('{suite}-{version:date}'))).toBe(false);
  });

  it('has a fixed text, in which the date and versions are open', () => {
    expect(fixedText(parseTemplate('{suite}-{date}-{version:bash}'), VALUES)).toBe(
      'bookworm-{date}-{version:bash}',
    );
  });
});
