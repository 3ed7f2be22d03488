import { expect, it } from 'vitest';
import { dpkgPathRules } from '../../../../src/families/apt/install/dpkg-path-rules.ts';
import { parsePathRules } from '../../../../src/rootfs/exclusions.ts';

const DOC = 'path-exclude=/usr/share/doc/*';

it('names the excluded directories above an exact include, which dpkg would not make', () => {
  const rules = [DOC, 'path-include=/usr/share/doc/a/b/LICENSE', 'path-include=/usr/share/doc/a/b/c*'];
  expect(dpkgPathRules(parsePathRules(rules))).toEqual([
    ...rules,
    'path-include=/usr/share/doc/a',
    'path-include=/usr/share/doc/a/b',
  ]);
});

it.each([
  ['a wildcard comes right below what is excluded', [DOC, 'path-include=/usr/share/doc/*/copyright']],
  ['nothing above is excluded', ['path-exclude=/etc/a/b', 'path-include=/etc/a/c']],
  ['there is nothing to include', [DOC]],
])('adds nothing where %s', (_, rules) => {
  expect(dpkgPathRules(parsePathRules(rules))).toEqual(rules);
});
