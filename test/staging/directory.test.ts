import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
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

/** A directory that another run has made for the same image. */
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

test('a log is kept beside the target, over no file that is there, and for the user’s own mask', async () => {
  const target = { kind: 'directory', path: join(folder, 'base') } as const;
  await writeFile(join(folder, 'base.log'), 'notes');
  for (const name of ['base.1.log', 'base.2.log']) {
    const staging = await makeStagingDirectory(target, folder);
    await writeFile(join(staging.path, 'log'), 'what was said', { mode: 0o666 });
    expect(await staging.keepLog()).toBe(join(folder, name));
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o666 & ~process.umask());
    await rm(staging.path, { recursive: true });
  }
  expect(await readFile(join(folder, 'base.log'), 'utf8')).toBe('notes');
  expect((await readdir(folder)).sort()).toEqual(['base.1.log', 'base.2.log', 'base.log']);
});
