import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
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

test.each<[string, (bytes: Buffer) => Buffer]>([
  ['zeros', (bytes) => Buffer.alloc(bytes.length)],
  ['one bit', (bytes) => Buffer.from(bytes).fill(bytes.at(-1)! ^ 1, bytes.length - 1)],
  ['half of it', (bytes) => bytes.subarray(0, bytes.length / 2)],
])('a blob that is there, damaged in %s, is written again', async (_, damage) => {
  const directory = join(folder, 'damaged');
  const image = await imageOf('a');
  await writeOciLayout(image, { directory, tags: ['one'] });
  const blobs = join(directory, 'blobs/sha256');
  const sound = new Map<string, Buffer>();
  for (const name of await readdir(blobs)) sound.set(name, await readFile(join(blobs, name)));
  for (const [name, bytes] of sound) await writeFile(join(blobs, name), damage(bytes));
  await writeOciLayout(image, { directory, tags: ['one'] });
  for (const [name, bytes] of sound) expect(await readFile(join(blobs, name))).toEqual(bytes);
});

test('a sound blob is left as it is', async () => {
  const directory = join(folder, 'sound');
  const image = await imageOf('a');
  await writeOciLayout(image, { directory, tags: ['one'] });
  const layer = join(directory, 'blobs/sha256', image.layers[0]!.digest.slice(7));
  const { ino } = await stat(layer);
  await writeOciLayout(image, { directory, tags: ['two'] });
  expect((await stat(layer)).ino).toBe(ino);
});
