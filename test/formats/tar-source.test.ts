import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { readTar, readTarItems } from '../../src/formats/tar.ts';
import { contentPieces, fileSource } from '../../src/formats/tar-source.ts';
import { buildTar } from '../support/tar.ts';

const folder = mkdtempSync(join(tmpdir(), 'mkbase-test-'));
const file = join(folder, 'x.tar');
let fd: number | undefined;

afterEach(() => {
  if (fd !== undefined) closeSync(fd);
  fd = undefined;
});

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open(path: string) {
  fd = openSync(path, 'r');
  return fileSource(fd, statSync(path).size);
}

test('a file is read as the same bytes in memory are, larger than any window', () => {
  const large = Buffer.alloc(3 * 2 ** 20, 'mkbase');
  writeFileSync(
    file,
    buildTar([
      { path: 'usr', type: 'directory' },
      { path: `usr/${'n'.repeat(120)}`, content: 'a long name' },
      { path: 'usr/large', content: large },
      { path: 'usr/last', content: 'x', pax: { uid: '3000000' } },
    ]),
  );
  const source = open(file);
  const read = [...readTarItems(source, 0)].map(({ body, ...head }) => ({
    ...head,
    body: digest(Buffer.concat([...contentPieces(source, body)])),
  }));
  expect(read).toEqual(readTar(readFileSync(file)).map((entry) => ({ ...entry, body: digest(entry.body) })));
  expect(read[2]!.body).toBe(digest(large));
});

test('holes of a sparse file are zeros, wherever they are', () => {
  const sparse = join(folder, 'sparse');
  writeFileSync(sparse, 'begin');
  execFileSync('dd', ['if=/dev/zero', `of=${sparse}`, 'bs=1', 'count=0', 'seek=3000000'], {
    stdio: 'ignore',
  });
  execFileSync('tar', ['--sparse', '-cf', file, '-C', folder, 'sparse']);
  const source = open(file);
  const [item] = [...readTarItems(source, 2 ** 22)];
  expect(Buffer.concat([...contentPieces(source, item!.body)]).equals(readFileSync(sparse))).toBe(true);
  expect(source.length).toBeLessThan(100_000);
});
