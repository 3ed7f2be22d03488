import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readWhole } from '../src/whole-file.ts';

describe('a file read whole', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-whole-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('is in memory of its own', async () => {
    const file = join(folder, 'small');
    await writeFile(file, 'abcdef');
    const bytes = await readWhole(file);
    expect([bytes.toString(), bytes.buffer.byteLength]).toEqual(['abcdef', 6]);
  });

  test('can be read from its beginning alone', async () => {
    const file = join(folder, 'front');
    await writeFile(file, 'abcdef');
    expect((await readWhole(file, 4)).toString()).toBe('abcd');
  });

  test('must fit into one piece of memory; from its beginning it may be longer', async () => {
    const file = join(folder, 'sparse');
    await writeFile(file, '');
    await truncate(file, 5 * 2 ** 30);
    await expect(readWhole(file)).rejects.toMatchObject({
      code: 'package/file-too-large',
      hint: expect.stringContaining('4294967296'),
    });
    expect((await readWhole(file, 4)).toString('hex')).toBe('00000000');
  });
});
