import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeLockFile } from '../../src/targets/target-set.ts';
import { folderOfFile } from '../support/folder.ts';
import { lockOf } from '../support/lock.ts';

test('the lock is written beside the target, to the file that is named, or nowhere', async () => {
  const folder = await folderOfFile();
  const write = (named: string | false | null) =>
    writeLockFile([lockOf()], [{ kind: 'tar', path: join(folder, 'out.tar'), compression: 'none' }], {
      named,
    });
  expect(await write(false)).toBeNull();
  expect(readdirSync(folder)).toEqual([]);
  expect(await write(null)).toBe(join(folder, 'out.tar.lock.json'));
  expect(await write(join(folder, 'named'))).toBe(join(folder, 'named'));
  expect(existsSync(join(folder, 'named'))).toBe(true);
});
