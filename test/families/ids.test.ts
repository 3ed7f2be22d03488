import { expect, test } from 'vitest';
import { readIds } from '../../src/families/ids.ts';

test('names win over numbers where passwd and group have them', () => {
  const ids = readIds('root:x:0:0:::\n# comment\nbroken\nnone::\nown:x:7:8:::\n', 'some:x:9:\n');
  const owner = (user: string, group: string) => ({ uid: 1, gid: 2, owner: { user, group } });
  expect(ids.uid(owner('own', 'own'))).toBe(7);
  expect(ids.gid(owner('own', 'own'))).toBe(2);
  expect(ids.gid(owner('own', 'some'))).toBe(9);
  expect(ids.uid(owner('none', ''))).toBe(1);
  expect(ids.uid({ uid: 5 })).toBe(5);
});
