import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  fateOf,
  findUnfinished,
  isUnfinished,
  makeWorkFolder,
  ownMark,
  unfinishedName,
} from '../src/unfinished.ts';
import { DEAD, markOf } from './support/mark.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-unfinished-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

describe('a mark', () => {
  it('is alive while its process is', async () => {
    expect(fateOf(ownMark())).toBe('alive');
    expect(fateOf(markOf({ pid: DEAD }))).toBe('dead');
  });

  it('is dead where another process has got the number', () => {
    expect(fateOf(markOf({ start: '1' }))).toBe('dead');
  });

  it('is dead where of its process only the exit status is left', async () => {
    // The shell becomes a program that never asks how its child has ended.
    const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60']);
    onTestFinished(() => void parent.kill());
    const [line] = await once(parent.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, 400));
    const stat = spawnSync('cat', [`/proc/${String(line).trim()}/stat`], { encoding: 'utf8' }).stdout;
    const start = stat.split(') ')[1]?.split(' ')[19] ?? '';
    expect(stat).toContain(') Z ');
    expect(fateOf(markOf({ pid: Number(line), start }))).toBe('dead');
  });

  it('of another container, or of the time before a restart, says nothing', () => {
    expect(fateOf(markOf({ place: '00000000', pid: DEAD }))).toBe('unknown');
    expect(fateOf('what no run has written')).toBe('unknown');
  });

  it('is another one each time', () => {
    expect(unfinishedName('x')).not.toBe(unfinishedName('x'));
    expect([unfinishedName('.x'), 'x.mkbase-1', 'x'].map(isUnfinished)).toEqual([true, false, false]);
  });
});

describe('what is found in a folder', () => {
  it('may be removed where its run is dead, or was elsewhere a day ago', async () => {
    const names = {
      dead: `x.mkbase.${markOf({ pid: DEAD })}`,
      alive: unfinishedName('x'),
      elsewhere: `x.mkbase.${markOf({ place: '00000000' })}`,
      longAgo: `x.mkbase.${markOf({ place: '00000001' })}`,
      other: `y.mkbase.${markOf({ pid: DEAD })}`,
    };
    for (const name of [...Object.values(names), 'x']) await writeFile(join(folder, name), '');
    await utimes(join(folder, names.longAgo), 0, 0);
    const found = await findUnfinished(folder, 'x');
    const removable = found.filter(({ isAbandoned }) => isAbandoned).map(({ path }) => path);
    expect(removable.sort()).toEqual([names.dead, names.longAgo].map((name) => join(folder, name)).sort());
    expect(found).toHaveLength(4);
    expect(await findUnfinished(folder)).toHaveLength(5);
  });

  it.skipIf(process.getuid?.() !== 0)('is left alone where another user has put it there', async () => {
    const path = join(folder, `x.mkbase.${markOf({ pid: DEAD })}`);
    await mkdir(path);
    await chown(path, 12345, 12345);
    expect(await findUnfinished(folder)).toEqual([]);
  });
});

it('a folder for work takes the place of those that killed runs have left', async () => {
  const name = `mkbase-unfinished-test-${process.pid}`;
  const left = join(tmpdir(), `${name}.mkbase.${markOf({ pid: DEAD })}`);
  await mkdir(join(left, 'below'), { recursive: true });
  const paths = [await makeWorkFolder(name), await makeWorkFolder(name)];
  onTestFinished(async () => {
    for (const path of paths) await rm(path, { recursive: true });
  });
  const there = (await readdir(tmpdir())).filter((entry) => entry.startsWith(name));
  expect(there.map((entry) => join(tmpdir(), entry)).sort()).toEqual(paths.sort());
});
