import { describe, expect, it } from 'vitest';
import { splitBase } from '../../../../src/families/apt/install/base-set.ts';
import { readControl } from '../../../../src/families/apt/package/control.ts';
import type { LockedPackage } from '../../../../src/lock/lock.ts';

/** `name; Field: value`, after a mark: `!` Essential, `+` requested, `-` pulled in. */
function set(...stanzas: readonly string[]) {
  return stanzas.map((stanza) => {
    const reason = ({ '!': 'essential', '+': 'requested', '-': 'dependency' } as const)[stanza[0]!];
    const [name = '', ...fields] = stanza.slice(1).split('; ');
    const text = [`Package: ${name}`, 'Version: 1.0', 'Architecture: all', ...fields].join('\n');
    const item = { name, reason, digest: `sha256:${name}` } as LockedPackage;
    return { item, control: readControl(text, '') };
  });
}

function split(packages: ReturnType<typeof set>, included: readonly string[], local: readonly string[] = []) {
  const first = packages.filter(({ item }) => item.reason === 'essential');
  const rest = packages.filter(({ item }) => item.reason !== 'essential');
  const family = { name: 'apt', options: { local }, image: {} };
  const { base, added } = splitBase({ first, rest }, { included, family });
  return [base, added].map((part) => part.map(({ item }) => item.name).join(' '));
}

describe('the set of a variant', () => {
  const base = ['!dash', '+apt; Depends: libapt', '-libapt; Depends: libc', '!libc'];

  it('is the same whatever is added to it', () => {
    expect(split(set(...base), [])).toEqual(['apt libapt', '']);
    const more = ['+curl; Depends: libcurl, libc', '-libcurl', '+jq'];
    const included = ['curl=1.0', 'jq/bookworm'];
    expect(split(set(...base, ...more), included)).toEqual(['apt libapt', 'curl libcurl jq']);
  });

  it('has what its packages need, by the Essential set’s alternatives first', () => {
    const needs = set('!awk', '+apt; Depends: awk | gawk, http', '+gawk', '+curl; Provides: http', '+jq');
    expect(split(needs, ['gawk', 'curl', 'jq'])).toEqual(['apt curl', 'gawk jq']);
  });

  it('has none of the files that the user gave', () => {
    expect(split(set('+apt', '+mine'), [], ['sha256:mine'])).toEqual(['apt', 'mine']);
  });
});
