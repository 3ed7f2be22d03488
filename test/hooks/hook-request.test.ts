import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { chmod, link, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type HookRequest, runHookRequest, type Side } from '../../src/hooks/hook-request.ts';
import { Root } from '../../src/rootfs/root.ts';

const HOST: Side = { name: 'host', owners: process.getuid?.() === 0, root: new Root('/') };
const BASE: Side = { ...HOST, name: 'base' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['from/sub', 'to']) mkdirSync(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'from/sub/file'), 'content', { mode: 0o640 });
  await link(join(folder, 'from/sub/file'), join(folder, 'from/sub/same'));
  await symlink('file', join(folder, 'from/sub/link'));
});

const at = (path: string) => join(folder, path);
const give = (how: (HookRequest & { do: 'give' })['how'], path: string, side = HOST) =>
  runHookRequest({ do: 'give', how, path: at(path) }, at('exchange'), side);
const take = (how: (HookRequest & { do: 'take' })['how'], path: string, side = BASE) =>
  runHookRequest({ do: 'take', how, path: at(path) }, at('exchange'), side);

describe('what is copied', () => {
  it('is the directory itself, with modes, times and names of one file', async () => {
    await chmod(at('from/sub'), 0o750);
    await give('itself', 'from/sub');
    await take('below', 'to');
    expect(statSync(at('to/sub')).mode & 0o7777).toBe(0o750);
    expect(statSync(at('to/sub/file')).mode & 0o7777).toBe(0o640);
    expect(Math.floor(statSync(at('to/sub/file')).mtimeMs / 1000)).toBe(
      Math.floor(statSync(at('from/sub/file')).mtimeMs / 1000),
    );
    expect(statSync(at('to/sub/same')).ino).toBe(statSync(at('to/sub/file')).ino);
    expect(readlinkSync(at('to/sub/link'))).toBe('file');
  });

  it('is what is in the directory, and its own mode', async () => {
    await chmod(at('from/sub'), 0o711);
    await give('contents', 'from/sub');
    await take('below', 'to');
    expect(readFileSync(at('to/file'), 'utf8')).toBe('content');
    expect(statSync(at('to')).mode & 0o7777).toBe(0o711);
  });

  it('is one file, or a tar that other programs read', async () => {
    await give('itself', 'from/sub/file');
    await take('file', 'deep/er/one.tar', HOST);
    expect(execFileSync('tar', ['-tf', at('deep/er/one.tar')], { encoding: 'utf8' })).toBe('file\n');
  });

  it('is what a compressed tar holds', async () => {
    execFileSync('tar', ['-czf', at('x.tar.gz'), '-C', at('from'), 'sub']);
    await give('tar', 'x.tar.gz');
    await take('below', 'to');
    expect(readFileSync(at('to/sub/same'), 'utf8')).toBe('content');
  });

  it('replaces files and keeps what else is there', async () => {
    mkdirSync(at('to/sub'));
    await writeFile(at('to/sub/file'), 'old');
    await writeFile(at('to/sub/other'), 'other');
    await give('itself', 'from/sub');
    await take('below', 'to');
    expect(readFileSync(at('to/sub/file'), 'utf8')).toBe('content');
    expect(readFileSync(at('to/sub/other'), 'utf8')).toBe('other');
  });

  it('of a link of the host is the link, of one in the base what it leads to', async () => {
    await give('itself', 'from/sub/link');
    await take('below', 'to');
    expect(readlinkSync(at('to/link'))).toBe('file');
    await give('itself', 'from/sub/link', BASE);
    await take('below', 'out', HOST);
    expect(readFileSync(at('out/file'), 'utf8')).toBe('content');
  });
});

describe('a link to a directory in the way of a directory', () => {
  beforeEach(async () => {
    mkdirSync(at('to/elsewhere'));
    await symlink('elsewhere', at('to/sub'));
    await give('itself', 'from/sub');
  });

  it('stays in the base, where `/bin` may be one', async () => {
    await take('below', 'to');
    expect(readFileSync(at('to/elsewhere/file'), 'utf8')).toBe('content');
  });

  it('is replaced on the host, as it may have come out of the base', async () => {
    await take('below', 'to', HOST);
    expect(lstatSync(at('to/sub')).isDirectory()).toBe(true);
    expect(existsSync(at('to/elsewhere/file'))).toBe(false);
  });
});

describe('a file', () => {
  it('is written where its directory is, and keeps its mode', async () => {
    await writeFile(at('to/there'), 'old', { mode: 0o600 });
    await give('file', 'from/sub/link');
    await take('file', 'to/there');
    await take('file', 'to/new');
    expect(readFileSync(at('to/there'), 'utf8')).toBe('content');
    expect(statSync(at('to/there')).mode & 0o777).toBe(0o600);
    expect(statSync(at('to/new')).mode & 0o777).toBe(0o644);
  });

  it.each<[string, () => Promise<void>]>([
    ['is not a file', () => give('file', 'from')],
    ['is not a directory', () => give('contents', 'from/sub/file')],
    ['on the host', () => give('file', 'absent')],
    ['in the base', () => give('itself', 'absent', BASE)],
    ['in the base', () => give('file', 'from/sub/file').then(() => take('file', 'absent/x'))],
    ['in the base', () => give('itself', 'from/sub').then(() => take('below', 'absent'))],
    ['is not a directory', () => give('itself', 'from/sub').then(() => take('below', 'from/sub/file'))],
  ])('that cannot be: %s', async (why, act) => {
    await expect(act()).rejects.toThrow(why);
  });
});
