import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { targetsOf } from '../../src/cli/build.ts';
import type { World } from '../../src/cli/world.ts';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-build-'));
});
afterAll(() => rm(cwd, { recursive: true }));

const targets = (line: string) => targetsOf(parseArguments(line.split(' ')), { cwd, stdout: {} } as World);

describe('targetsOf', () => {
  it('gives file systems their room', async () => {
    expect(await targets('bookworm a.ext4 --size=2G')).toMatchObject([{ room: { size: 2 ** 31, free: 0 } }]);
    expect(await targets('bookworm a.ext2 --free=20M')).toMatchObject([
      { room: { size: null, free: 20 * 2 ** 20 } },
    ]);
  });

  it.each([['--size=1G'], ['--free=1M']])('refuses %s where no target has a size', async (option) => {
    await expect(targets(`bookworm a.squashfs ${option}`)).rejects.toMatchObject({ code: 'usage/conflict' });
  });

  it('refuses a size with what is to be free of it', async () => {
    await expect(targets('bookworm a.ext4 --size=1G --free=1M')).rejects.toMatchObject({
      code: 'usage/conflict',
    });
  });
});
