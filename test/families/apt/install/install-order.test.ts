import { describe, expect, it } from 'vitest';
import { installOrder, installSteps } from '../../../../src/families/apt/install/install-order.ts';
import { readControl } from '../../../../src/families/apt/package/control.ts';

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

  it('goes by Pre-Depends, then by priority as apt’s index has it, then by name', () => {
    const order = installOrder(
      set(
        'a; Priority: optional',
        'adduser; Priority: important',
        'apt; Priority: important',
        'dbus; Pre-Depends: lib; Priority: standard',
        'e2fsprogs; Pre-Depends: lib; Priority: required',
        'lib; Priority: optional',
        'unheard',
      ),
    );
    expect(names(order)).toBe('lib e2fsprogs dbus apt adduser a unheard');
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

describe('steps', () => {
  const steps = (packages: ReturnType<typeof set>, begins: readonly string[] = []) =>
    installSteps(packages, ({ control }) => begins.includes(control.name)).map(
      ({ configure, unpack }) => `${names(configure)}> ${names(unpack)}`,
    );

  it('are one where nothing runs in between', () => {
    expect(steps(set('a; Depends: b', 'b'))).toEqual(['> a b']);
  });

  it('configure what a package Pre-Depends on, with all that this needs, and no more', () => {
    const packages = set('lib', 'man-db', 'tool; Depends: lib', 'a; Pre-Depends: tool', 'z');
    expect(steps(packages)).toEqual(['> lib man-db tool', 'lib tool> a z']);
  });

  it('configure nothing twice', () => {
    const packages = set(
      'lib',
      'a; Pre-Depends: lib',
      'b; Pre-Depends: a; Depends: lib',
      'c; Pre-Depends: lib',
    );
    expect(steps(packages)).toEqual(['> lib', 'lib> a', 'a> b c']);
  });

  it('begin where a package has something to run before its files', () => {
    expect(steps(set('a', 'b', 'c', 'd'), ['a', 'c'])).toEqual(['> a b', '> c d']);
  });

  it('end where packages Pre-Depend on each other, and lose none', () => {
    const circle = set('a; Pre-Depends: b', 'b; Pre-Depends: a');
    expect(installSteps(circle, () => false).flatMap(({ unpack }) => unpack)).toHaveLength(2);
  });

  it('unpack before what a circle has put behind', () => {
    const [d, b, a] = set('d; Depends: a', 'b; Depends: d', 'a; Pre-Depends: b');
    expect(steps([b!, a!, d!])).toEqual(['> b d', 'b d> a']);
  });
});
