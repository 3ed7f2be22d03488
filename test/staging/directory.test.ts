import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { makeStagingDirectory } from '../../src/staging/directory.ts';
import { ownMark } from '../../src/unfinished.ts';
import { DEAD, markOf } from '../support/mark.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-staging-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

/** What another run has made for the same image. */
async function left(mark: string): Promise<string> {
  const path = join(folder, `.image.mkbase.${mark}`);
  await mkdir(path);
  return path;
}

const leftovers = async () => (await makeStagingDirectory(null, join(folder, 'image'))).leftovers;

test('what a run that has died left is named, to be swept', async () => {
  const path = await left(markOf({ pid: DEAD }));
  expect(await leftovers()).toEqual([path]);
});

test('a process that has got the number of one that died owns nothing', async () => {
  const path = await left(markOf({ start: '1' }));
  expect(await leftovers()).toEqual([path]);
});

test.each([
  ['of a run that lives', () => ownMark()],
  [
    'of a run in another container, whose number is none here',
    () => markOf({ place: '00000000', pid: DEAD }),
  ],
])('the directory %s is left alone', async (_, mark) => {
  await left(mark());
  expect(await leftovers()).toEqual([]);
});

test('what a run that lives builds is refused to another one, and an image is not', async () => {
  const target = { kind: 'directory', path: join(folder, 'image') } as const;
  await left(ownMark());
  await expect(makeStagingDirectory(target, folder)).rejects.toMatchObject({
    code: 'target/busy',
    message: expect.stringContaining(`(process ${process.pid})`),
  });
  await makeStagingDirectory(null, join(folder, 'image'));
});
