import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
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

describe('a layout of another’s making is not written', () => {
  /** A layout with an image, in which `place` is then something else. */
  async function changed(name: string, place: string, change: (path: string) => unknown): Promise<string> {
    const directory = join(folder, name);
    await writeOciLayout(await imageOf('a'), { directory, tags: ['one'] });
    await rename(join(directory, place), join(folder, `${name}-elsewhere`));
    await change(join(directory, place));
    return directory;
  }
  const write = async (directory: string) => writeOciLayout(await imageOf('a'), { directory, tags: ['one'] });

  test.each(['index.json', 'oci-layout', 'blobs', 'blobs/sha256'])('through a link at %s', async (place) => {
    const name = `link-at-${place.replace('/', '-')}`;
    const elsewhere = join(folder, `${name}-elsewhere`);
    const directory = await changed(name, place, (path) => symlink(elsewhere, path));
    const before = await contentOf(elsewhere);
    await expect(write(directory)).rejects.toMatchObject({
      code: 'target/not-a-layout',
      message: expect.stringContaining(`\`${place}\` in it is no`),
    });
    expect(await contentOf(elsewhere)).toEqual(before);
  });

  test.each(['index.json', 'oci-layout'])('over a pipe at %s, which nobody waits for', async (place) => {
    const directory = await changed(`pipe-at-${place}`, place, (path) => execFileSync('mkfifo', [path]));
    await expect(write(directory)).rejects.toMatchObject({ code: 'target/not-a-layout' });
  });

  test.each([
    ['a link', (path: string) => symlink('/etc/hostname', path)],
    ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
  ])('where %s stands for a blob', async (what, change) => {
    const [layer] = (await imageOf('a')).layers;
    const blob = `blobs/${layer!.digest.replace(':', '/')}`;
    const directory = await changed(`blob-${what.replace(' ', '-')}`, blob, change);
    await expect(write(directory)).rejects.toMatchObject({ code: 'target/not-a-layout' });
  });

  test('but one whose directory the user names by a link is', async () => {
    const [real, link] = [join(folder, 'real'), join(folder, 'by-a-link')];
    await mkdir(real);
    await symlink(real, link);
    await write(link);
    expect(await readdir(real)).toContain('index.json');
  });
});

async function contentOf(path: string): Promise<string | string[]> {
  const isDirectory = (await stat(path)).isDirectory();
  return isDirectory ? readdir(path, { recursive: true }) : readFile(path, 'utf8');
}
