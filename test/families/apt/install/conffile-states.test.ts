import { expect, test } from 'vitest';
import { conffileHashes, markObsolete } from '../../../../src/families/apt/install/conffile-states.ts';

const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)];
const status = (x: string) => `Package: a
Status: install ok installed
Conffiles:
 /etc/x ${x}
 /etc/a b ${TWO} remove-on-upgrade
Description: of no conffile
 /etc/y ${ONE}

Package: b
Conffiles:
 /etc/x newconffile
 /etc/z ${ONE} obsolete
`;

test('the sums are those of conffiles that their packages still have', () => {
  expect([...conffileHashes(status(ONE))]).toEqual([
    ['/etc/x', ONE],
    ['/etc/a b', TWO],
  ]);
});

test('a conffile that another package has taken is obsolete', () => {
  const lost = new Map([['a', new Set(['/etc/x', '/etc/y'])]]);
  const marked = markObsolete(status(ONE), lost);
  expect(marked).toBe(status(`${ONE} obsolete`));
  expect(markObsolete(marked, lost)).toBe(marked);
  expect(markObsolete(marked, new Map([['a', new Set(['/etc/a b'])]]))).toContain(
    `\n /etc/a b ${TWO} obsolete remove-on-upgrade\n`,
  );
});
