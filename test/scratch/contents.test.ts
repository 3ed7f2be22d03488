import { expect, it } from 'vitest';
import { readTar } from '../../src/formats/tar.ts';
import { emptyContents, putAdditions, putFile } from '../../src/scratch/contents.ts';
import { buildTar } from '../support/tar.ts';

it('adds below a folder through the link that leads to it, as COPY does', () => {
  const contents = emptyContents();
  putFile(contents, 'usr/lib/ld.so', 'linker');
  contents.tree.set('lib', { type: 'symlink', target: 'usr/lib', mode: 0o777, uid: 0, gid: 0, mtime: 0 });
  const added = buildTar([
    { path: 'lib', type: 'directory' },
    { path: 'lib/own', type: 'directory' },
    { path: 'lib/own/f', content: 'x' },
  ]);
  putAdditions(contents, readTar(added));
  expect(contents.tree.get('lib')).toMatchObject({ type: 'symlink' });
  expect([...contents.bodies.keys()]).toEqual(['usr/lib/ld.so', 'usr/lib/own/f']);
});
