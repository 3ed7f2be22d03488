import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTool, runTool } from '../../src/filesystem/tool.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-tool-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

describe('findTool', () => {
  const need = {
    program: 'mkfs.made-up',
    package: 'made-up',
    oldest: [4, 6] as const,
    versionOption: '-version',
  };

  it.each([
    ['4.6', true],
    ['4.6.1', true],
    ['4.10', true],
    ['5.0', true],
    ['4.5.1', false],
    ['3.9', false],
  ])('of version %s: taken is %s', async (version, isTaken) => {
    const path = await program('mkfs.made-up', `echo "mkfs.made-up version ${version} (2026/01/01)"`);
    expect(await findTool(need, { PATH: folder })).toBe(isTaken ? path : null);
  });

  it('reads a version from standard error too, whatever the status', async () => {
    const path = await program('mkfs.made-up', 'echo "mkfs.made-up 4.7" >&2; exit 1');
    expect(await findTool(need, { PATH: `relative:${folder}` })).toBe(path);
  });

  it('takes no program that tells no version, and none that is missing', async () => {
    await program('mkfs.made-up', 'echo "invalid option"; exit 1');
    expect(await findTool(need, { PATH: folder })).toBeNull();
    expect(await findTool(need, {})).toBeNull();
  });
});

describe('runTool', () => {
  const run = async (script: string, input?: Readable) =>
    runTool('tool', { tool: [await program('tool', script)] }, { args: [], ...(input && { input }) });
  const endless = () =>
    Readable.from(
      (function* () {
        for (let count = 0; count < 2000; count++) yield Buffer.alloc(65536);
      })(),
    );

  it('gives what the program says on standard error', async () => {
    expect(await run('cat >/dev/null; echo said >&2', Readable.from(['x']))).toBe('said\n');
  });

  it('shows the last lines of a program that fails', async () => {
    await expect(run('echo "FATAL ERROR: made up" >&2; exit 3', endless())).rejects.toMatchObject({
      code: 'target/tool-failed',
      message: '`tool` ended with status 3',
      details: ['FATAL ERROR: made up'],
    });
  });

  it('tells the signal of a program that crashes', async () => {
    await expect(run('kill -SEGV $$', endless())).rejects.toMatchObject({
      code: 'target/tool-failed',
      message: '`tool` was ended by SIGSEGV',
    });
  });

  it('does not take a program for done that has not read to the end', async () => {
    await expect(run('exit 0', endless())).rejects.toMatchObject({ code: 'target/tool-failed' });
  });

  it.each([
    ['ENOSPC', 'Write failed because No space left on device'],
    ['EDQUOT', 'write: Disk quota exceeded'],
    ['EFBIG', 'write: File too large'],
  ])('gives %s of the program as that', async (code, text) => {
    await expect(run(`echo "${text}"; exit 1`)).rejects.toMatchObject({ code });
  });

  it('ends the program where its input fails, and tells that', async () => {
    const failing = Readable.from(
      (async function* () {
        yield Buffer.from('x');
        throw Object.assign(new Error('made up'), { code: 'target/file-changed' });
      })(),
    );
    await expect(run('exec sleep 60', failing)).rejects.toThrow('made up');
  });

  it('keeps variables of the user away: SOURCE_DATE_EPOCH means something to mksquashfs', async () => {
    process.env.SOURCE_DATE_EPOCH = '1';
    try {
      expect(await run('env >&2')).not.toContain('SOURCE_DATE_EPOCH');
    } finally {
      delete process.env.SOURCE_DATE_EPOCH;
    }
  });
});
