import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type SourceArguments, sourcesFrom } from '../../src/cli/sources.ts';
import { temporaryDirectory } from '../fetch/support.ts';

const read = async (given: Partial<SourceArguments>, cwd = '/') =>
  sourcesFrom(
    { mirrors: [], mirror: null, sources: [], ...given },
    { cwd, stdin: async () => 'deb http://in/d sid main\n' },
  );
const URL_A = 'http://a.example/debian';
const LINE = 'deb http://b.example/d stable main';
const asList = { kind: 'list', text: `${LINE}\n`, file: null, folder: '/' };

describe('MIRROR', () => {
  test('an address is the mirror, and the next one a source', async () => {
    expect(await read({ mirrors: [`${URL_A}/`, 'copy:///srv/d'] })).toEqual({
      mirror: URL_A,
      sources: [{ kind: 'url', url: 'copy:///srv/d' }],
      sourcesOnly: false,
    });
  });

  test('lines alone take the suite’s place, and beside an address they do not', async () => {
    expect(await read({ mirrors: [LINE] })).toEqual({ mirror: null, sources: [asList], sourcesOnly: true });
    expect(await read({ mirrors: [LINE, URL_A] })).toMatchObject({ mirror: URL_A, sourcesOnly: false });
    expect(await read({ mirrors: [LINE], mirror: URL_A })).toMatchObject({
      mirror: URL_A,
      sourcesOnly: false,
    });
    expect(await read({ sources: [LINE] })).toEqual({ mirror: null, sources: [asList], sourcesOnly: false });
  });

  test('a file and standard input, in order', async () => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, 'x.sources'), 'Types: deb\n');
    expect((await read({ mirrors: ['-', 'x.sources'] }, cwd)).sources).toEqual([
      { kind: 'list', text: 'deb http://in/d sid main\n', file: null, folder: cwd },
      { kind: 'list', text: 'Types: deb\n', file: 'x.sources', folder: cwd },
    ]);
  });

  test('of a directory it is said how to name it as a mirror', async () => {
    const cwd = await temporaryDirectory();
    await expect(read({ mirrors: [cwd] })).rejects.toMatchObject({
      code: 'usage/unreadable-file',
      hint: `as a mirror it is \`file://${cwd}\``,
    });
  });

  test.each([
    [{ mirrors: ['nothing'] }, 'usage/bad-value'],
    [{ mirrors: ['ftp://me:secret@x/d'] }, 'usage/bad-value'],
    [{ mirrors: [URL_A], mirror: 'http://c.example' }, 'usage/conflict'],
    [{ mirrors: ['-'], sources: ['-'] }, 'usage/conflict'],
  ])('%j is refused', async (given, code) => {
    await expect(read(given)).rejects.toMatchObject({ code, message: expect.not.stringContaining('secret') });
  });
});
