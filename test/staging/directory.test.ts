import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { makeStagingDirectory } from '../../src/staging/directory.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-staging-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

/** What another run, of this process number, has made for the same image. */
async function left(pid: number, owner: string | null): Promise<string> {
  const path = join(folder, `.image.mkbase-${pid}`);
  await mkdir(path);
  if (owner !== null) await writeFile(join(path, 'owner'), owner);
  return path;
}

const leftovers = async () => (await makeStagingDirectory(null, join(folder, 'image'))).leftovers;

test('what a run that has died left is named, to be swept', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  const path = await left(child.pid!, '1\n');
  expect(await leftovers()).toEqual([path]);
});

test('a process that has got the number of one that died owns nothing', async () => {
  const child = spawn('sleep', ['60']);
  onTestFinished(() => void child.kill());
  const path = await left(child.pid!, '1\n');
  expect(await leftovers()).toEqual([path]);
});

test.each([
  ['has no owner yet', null],
  ['is about to name its owner', ''],
])('the directory of a run that %s is left alone', async (_, owner) => {
  const child = spawn('sleep', ['60']);
  onTestFinished(() => void child.kill());
  await left(child.pid!, owner);
  expect(await leftovers()).toEqual([]);
});
