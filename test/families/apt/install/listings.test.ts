import { execFileSync } from 'node:child_process';
import { mkdirSync, opendirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { settleListings } from '../../../../src/families/apt/install/listings.ts';
import type { Command } from '../../../../src/sandbox/protocol.ts';
import { folderOfFile } from '../../../support/folder.ts';

it('lists what packages brought in whichever order the same', async () => {
  const names = ['b.conf', 'a.conf', 'd.conf', 'c.conf', 'a long name.conf'];
  const folder = await folderOfFile();
  const listings = [];
  for (const [number, order] of [names, names.toReversed(), names.toSorted()].entries()) {
    const directory = join(folder, String(number), 'package.conf.d');
    mkdirSync(directory, { recursive: true });
    for (const name of order) writeFileSync(join(directory, name), name);
    await settleListings(outside(directory));
    listings.push(listed(directory));
    expect(readdirSync(join(directory, '..'))).toEqual(['package.conf.d']);
  }
  expect(listings[0]).toEqual(expect.arrayContaining(names));
  expect(listings[1]).toEqual(listings[0]);
  expect(listings[2]).toEqual(listings[0]);
});

it('says so where a directory cannot be filled', async () => {
  const sandbox = { list: async () => ['a', 'b'], run: async () => 1 };
  await expect(settleListings(sandbox)).rejects.toMatchObject({ code: 'script/listing' });
});

/** A sandbox that has this folder in the place of every directory. */
function outside(directory: string) {
  return {
    list: async () => readdirSync(directory),
    run: async ({ argv: [program = '', ...args], env }: Command) => {
      execFileSync(program, [...args.slice(0, -1), directory], { env });
      return 0;
    },
  };
}

/** As the file system has it: readdir sorts. */
function listed(directory: string): readonly string[] {
  const open = opendirSync(directory);
  const names: string[] = [];
  for (let entry = open.readSync(); entry !== null; entry = open.readSync()) names.push(entry.name);
  open.closeSync();
  return names;
}
