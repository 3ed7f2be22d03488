import { describe, expect, it } from 'vitest';
import { readControl } from '../../../src/families/apt/control.ts';
import { installOrder, installWaves, neededBefore } from '../../../src/families/apt/install-order.ts';

function set(...stanzas: readonly string[]) {
  return stanzas.map((stanza) => {
    const [name, ...fields] = stanza.split('; ');
    const text = [`Package: ${name}`, 'Version: 1.0', 'Architecture: all', ...fields].join('\n');
    return { control: readControl(text, '') };
  });
}
const names = (items: readonly { readonly control: { readonly name: string } }[]) =>
  items.map(({ control }) => control.name).join(' ');

describe('the order of installation', () => {
  it('puts what a package needs before it', () => {
    expect(names(installOrder(set('a; Depends: b', 'b; Pre-Depends: c | d', 'd', 'z')))).toBe('d b a z');
  });

  it('begins with Essential packages, of those with the ones that have Pre-Depends', () => {
    const order = installOrder(set('a', 'e1; Essential: yes', 'e2; Essential: yes; Pre-Depends: lib', 'lib'));
    expect(names(order)).toBe('lib e2 e1 a');
  });

  it('takes a provider for a virtual name and heeds versions', () => {
    const order = installOrder(set('a; Depends: awk, lib (>= 2)', 'mawk; Provides: awk', 'lib'));
    expect(names(order)).toBe('mawk a lib');
  });

  it('ends where packages depend on each other, and does not depend on the order given', () => {
    const cycle = set('a; Depends: b', 'b; Depends: c', 'c; Depends: a');
    expect(names(installOrder(cycle))).toBe(names(installOrder(cycle.toReversed())));
  });
});

describe('waves', () => {
  it('are one where nothing is Pre-Depended on', () => {
    expect(installWaves(set('a; Depends: b', 'b')).map(names)).toEqual(['a b']);
  });

  it('put a package after all that its Pre-Depends need', () => {
    const waves = installWaves(set('lib', 'tool; Depends: lib', 'a; Pre-Depends: tool', 'b; Pre-Depends: a'));
    expect(waves.map(names)).toEqual(['lib tool', 'a', 'b']);
  });

  it('configure nothing twice', () => {
    const packages = set('lib', 'a; Pre-Depends: lib', 'b; Pre-Depends: a; Depends: lib');
    const [first = [], second = [], third = []] = installWaves(packages);
    const configured = new Set(neededBefore(second, first, new Set()));
    expect(names([...configured])).toBe('lib');
    expect(names(neededBefore(third, [...first, ...second], configured))).toBe('a');
  });

  it('end where packages Pre-Depend on each other', () => {
    expect(installWaves(set('a; Pre-Depends: b', 'b; Pre-Depends: a')).flat()).toHaveLength(2);
  });

  it('configure before the next one only what it needs', () => {
    const packages = set('lib', 'man-db', 'tool; Depends: lib', 'a; Pre-Depends: tool');
    const [first = [], second = []] = installWaves(packages);
    expect(names(neededBefore(second, first, new Set()))).toBe('lib tool');
  });
});
