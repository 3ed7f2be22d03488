import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.ts';
import { writeOciLayout } from '../../src/image/oci-layout.ts';
import { imageOf } from '../support/image.ts';

const folder = await mkdtemp(join(tmpdir(), 'mkbase-layout-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An image whose layer cannot be read to its end, as on a disk that is full. */
async function brokenImage(text: string): Promise<Image> {
  const image = await imageOf(text);
  const open = async function* () {
    yield Buffer.from('begin');
    throw new Error('no space');
  };
  return { ...image, layers: image.layers.map((layer) => ({ ...layer, open })) };
}

test('of a layout that could not be finished nothing is left', async () => {
  const directory = join(folder, 'new/layout');
  await expect(writeOciLayout(await brokenImage('a'), { directory, tags: [] })).rejects.toThrow('no space');
  expect(existsSync(join(folder, 'new'))).toBe(false);
});

test('a layout that is there stays as it was', async () => {
  const directory = join(folder, 'old');
  await writeOciLayout(await imageOf('a'), { directory, tags: ['one'] });
  const index = await readFile(join(directory, 'index.json'), 'utf8');
  const blobs = await readdir(join(directory, 'blobs/sha256'));
  await expect(writeOciLayout(await brokenImage('b'), { directory, tags: ['one'] })).rejects.toThrow(
    'no space',
  );
  expect(await readFile(join(directory, 'index.json'), 'utf8')).toBe(index);
  expect(await readdir(join(directory, 'blobs/sha256'))).toEqual(blobs);
});
