import { execFileSync } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { derivedKey, findDerived, openDerived, SpoiledEntry } from '../../src/derived/derived.ts';
import { withoutRights } from '../support/without-rights.ts';
import {
  alter,
  type Bench,
  bench,
  CONTENT,
  contentOf,
  filesIn,
  inPieces,
  KEY,
  OTHER_KEY,
} from './support.ts';

async function kept(content = CONTENT): Promise<Bench> {
  const made = await bench();
  await made.derived.keep('result', KEY, inPieces(content));
  return made;
}

describe('an entry', () => {
  test.each([0, 1, 262_143, 262_144, 262_145, 600_000])(
    'of %i bytes is found as it was kept',
    async (size) => {
      const content = CONTENT.subarray(0, size);
      const { derived, notices } = await kept(content);
      expect(content.equals((await contentOf(await derived.open('result', KEY)))!)).toBe(true);
      expect(content.equals((await derived.read('result', KEY))!)).toBe(true);
      expect(notices).toEqual([]);
    },
  );

  test('is found by nothing but its kind and key', async () => {
    const { derived } = await kept();
    expect(await derived.read('result', OTHER_KEY)).toBeUndefined();
    expect(await derived.open('plan', KEY)).toBeUndefined();
  });

  test('may be read by nobody else', async () => {
    const { place } = await kept();
    const [file] = await filesIn(place.folder);
    expect((await stat(file!)).mode & 0o777).toBe(0o600);
    expect((await stat(place.folder)).mode & 0o777).toBe(0o700);
  });

  test('tells when it was of use last', async () => {
    const { derived, place } = await kept();
    const [file] = await filesIn(place.folder);
    await utimes(file!, 1000, 1000);
    await derived.read('result', KEY);
    expect((await stat(file!)).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  });

  test('is kept again in one step', async () => {
    const { derived, place } = await kept();
    await derived.keep('result', KEY, inPieces(CONTENT.subarray(7)));
    expect(CONTENT.subarray(7).equals((await derived.read('result', KEY))!)).toBe(true);
    expect(await filesIn(place.folder)).toHaveLength(1);
  });

  test('of two writers at once is that of one of them', async () => {
    const { derived, place } = await bench();
    const both = [CONTENT, CONTENT.subarray(7)];
    await Promise.all(both.map((content) => derived.keep('result', KEY, inPieces(content))));
    const found = await derived.read('result', KEY);
    expect(both.some((content) => content.equals(found!))).toBe(true);
    expect(await filesIn(place.folder)).toHaveLength(1);
  });

  test('is not kept where its maker fails, who is told', async () => {
    const { derived, place } = await bench();
    const failing = async function* () {
      yield CONTENT;
      throw new Error('the maker has failed');
    };
    await expect(derived.keep('result', KEY, failing())).rejects.toThrow('the maker has failed');
    expect(await filesIn(place.folder)).toEqual([]);
  });

  test('that a killed run began is removed by the next', async () => {
    const { derived, place } = await kept();
    const left = join(place.folder, 'entry.mkbase.00000000-1-0-0');
    await writeFile(left, CONTENT);
    await utimes(left, 1000, 1000);
    await openDerived(place, () => {}).keep('plan', KEY, inPieces(CONTENT));
    expect(await filesIn(place.folder)).not.toContain(left);
    expect(await derived.read('plan', KEY)).toBeDefined();
  });
});

describe('an entry is not used', () => {
  const HEAD = 72;
  const BLOCK = 262_144 + 32;
  const flipped = (at: number) => (bytes: Buffer) => {
    const place = at < 0 ? bytes.length + at : at;
    bytes[place] = bytes[place]! ^ 1;
    return bytes;
  };
  test.each([
    ['a flipped bit in its magic', flipped(0)],
    ['a flipped bit in its number', flipped(20)],
    ['a flipped bit in its length', flipped(39)],
    ['a flipped bit in the seal of its head', flipped(HEAD - 1)],
    ['a flipped bit in its first byte', flipped(HEAD)],
    ['a flipped bit in the seal of its first block', flipped(HEAD + BLOCK - 1)],
    ['a flipped bit in its second block', flipped(HEAD + BLOCK + 9)],
    ['a flipped bit in its last byte', flipped(-33)],
    ['a flipped bit in its last seal', flipped(-1)],
    ['nothing in it', () => Buffer.alloc(0)],
    ['zeros, as after a loss of power', (bytes: Buffer) => Buffer.alloc(bytes.length)],
    ['a part of its head', (bytes: Buffer) => bytes.subarray(0, 50)],
    ['no end', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['no last block', (bytes: Buffer) => bytes.subarray(0, HEAD + 2 * BLOCK)],
    ['more at its end', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')])],
    [
      'two blocks in each other’s place',
      (bytes: Buffer) =>
        Buffer.concat([
          bytes.subarray(0, HEAD),
          bytes.subarray(HEAD + BLOCK, HEAD + 2 * BLOCK),
          bytes.subarray(HEAD, HEAD + BLOCK),
          bytes.subarray(HEAD + 2 * BLOCK),
        ]),
    ],
  ])('with %s, and goes with one notice', async (_, change) => {
    const made = await kept();
    const file = await alter(made, change);
    expect(await made.derived.read('result', KEY)).toBeUndefined();
    expect(made.notices).toEqual([
      expect.stringContaining(`the cache entry \`${file}\` is not as it was kept`),
    ]);
    expect(await made.derived.read('result', KEY)).toBeUndefined();
    expect(made.notices).toHaveLength(1);
    expect(await filesIn(made.place.folder)).toEqual([]);
  });

  test('past the block that is spoiled, whatever was read before', async () => {
    const made = await kept();
    await alter(made, flipped(HEAD + BLOCK + 9));
    const pieces = (await made.derived.open('result', KEY))!;
    expect(CONTENT.subarray(0, 262_144).equals((await pieces.next()).value)).toBe(true);
    await expect(pieces.next()).rejects.toThrow(SpoiledEntry);
    expect(made.notices).toHaveLength(1);
    expect(await made.derived.open('result', KEY)).toBeUndefined();
  });

  test('in the part that was changed after it was opened', async () => {
    const made = await kept();
    const pieces = (await made.derived.open('result', KEY))!;
    await pieces.next();
    // The second block is in memory by now, or on its way there.
    await alter(made, flipped(HEAD + 2 * BLOCK + 9));
    await pieces.next();
    await expect(pieces.next()).rejects.toThrow(SpoiledEntry);
  });

  test('under another key or of another kind', async () => {
    const made = await kept();
    const [file] = await filesIn(made.place.folder);
    const other = join(made.place.folder, 'result', OTHER_KEY.slice(0, 2), OTHER_KEY.slice(2));
    await mkdir(dirname(other), { recursive: true });
    await rename(file!, other);
    expect(await made.derived.read('result', OTHER_KEY)).toBeUndefined();
    await made.derived.keep('plan', KEY, inPieces(CONTENT));
    const plan = join(made.place.folder, 'plan', KEY.slice(0, 2), KEY.slice(2));
    await mkdir(dirname(file!), { recursive: true });
    await rename(plan, file!);
    expect(await made.derived.read('result', KEY)).toBeUndefined();
  });

  test('with the block of an earlier one of the same name', async () => {
    const made = await kept();
    const [file] = await filesIn(made.place.folder);
    const earlier = await readFile(file!);
    await made.derived.keep('result', KEY, inPieces(Buffer.alloc(CONTENT.length, 'x')));
    await alter(made, (bytes) => {
      earlier.copy(bytes, HEAD, HEAD, HEAD + BLOCK);
      return bytes;
    });
    expect(await made.derived.read('result', KEY)).toBeUndefined();
  });

  test('that was sealed with another secret', async () => {
    const [made, other] = [await kept(), await bench()];
    const [file] = await filesIn(made.place.folder);
    const planted = file!.replace(made.place.folder, other.place.folder);
    await mkdir(dirname(planted), { recursive: true });
    await writeFile(planted, await readFile(file!));
    expect(await other.derived.read('result', KEY)).toBeUndefined();
    expect(other.notices).toHaveLength(1);
  });

  test('of another build of mkbase, as its key is another', () => {
    expect(derivedKey({ a: 1, b: 2 })).toBe(derivedKey({ b: 2, a: 1 }));
    expect(derivedKey({ a: 1 })).not.toBe(derivedKey({ a: 2 }));
  });

  test('that is a link, or a pipe that nobody writes to', async () => {
    const made = await kept();
    const [file] = await filesIn(made.place.folder);
    await rename(file!, `${file}.real`);
    await symlink(`${file}.real`, file!);
    expect(await made.derived.read('result', KEY)).toBeUndefined();
    await rm(file!);
    execFileSync('mkfifo', [file!]);
    expect(await made.derived.read('result', KEY)).toBeUndefined();
  });

  test.runIf(process.getuid?.() === 0)('that is the file of another user', async () => {
    const made = await kept();
    const [file] = await filesIn(made.place.folder);
    await chown(file!, 65_534, 65_534);
    expect(await made.derived.read('result', KEY)).toBeUndefined();
    expect(made.notices).toEqual([expect.stringContaining('not a file of this user')]);
  });
});

describe('where nothing can be kept', () => {
  test('in a cache that is read-only or of another user, nothing fails', async () => {
    const { place, cacheDir, derived } = await kept();
    await chmod(dirname(cacheDir), 0o755);
    await rm(cacheDir, { recursive: true });
    await mkdir(cacheDir, { mode: 0o555 });
    await withoutRights(() => derived.keep('result', KEY, inPieces(CONTENT)));
    expect(await derived.read('result', KEY)).toBeUndefined();
    expect(await filesIn(place.folder)).toEqual([]);
  });

  test('an entry of a read-only cache is used', async () => {
    const { place, derived, notices } = await kept();
    const [file] = await filesIn(place.folder);
    for (const path of [file!, dirname(file!)]) await chmod(path, path === file ? 0o400 : 0o500);
    expect(await derived.read('result', KEY)).toBeDefined();
    expect(notices).toEqual([]);
  });

  test('a file in the place of a folder is left alone', async () => {
    const { place, derived } = await bench();
    await mkdir(dirname(dirname(place.folder)), { recursive: true });
    await writeFile(dirname(place.folder), 'a file');
    await derived.keep('result', KEY, inPieces(CONTENT));
    expect(await derived.read('result', KEY)).toBeUndefined();
    expect(await readFile(dirname(place.folder), 'latin1')).toBe('a file');
  });

  test.runIf(process.getuid?.() === 0)('on a full disk nothing stays, and nothing fails', async () => {
    const { place, cacheDir } = await bench();
    await mkdir(cacheDir, { recursive: true });
    // In a namespace of its own, so that no mount outlives the test.
    const script = `
      import { openDerived } from ${JSON.stringify(new URL('../../dist/src/derived/derived.js', import.meta.url).href)};
      import { readdirSync } from 'node:fs';
      const derived = openDerived(${JSON.stringify(place)}, () => {});
      const large = async function* () { for (let i = 0; i < 16; i++) yield Buffer.alloc(2 ** 20, i); };
      await derived.keep('result', '${KEY}', large());
      const left = readdirSync(${JSON.stringify(place.folder)}, { recursive: true, withFileTypes: true });
      console.log(JSON.stringify([await derived.read('result', '${KEY}') === undefined, left.filter((e) => e.isFile()).length]));`;
    const mounted = `mount -t tmpfs -o size=4m tmpfs "$0" && exec "$1" --input-type=module -e "$2"`;
    const said = execFileSync('unshare', [
      ...['--mount', 'sh', '-c', mounted, cacheDir, process.execPath, script],
    ]).toString();
    expect(JSON.parse(said)).toEqual([true, 0]);
  });

  test('without a secret nothing is found and nothing kept', async () => {
    const { cacheDir, stateDir } = await bench();
    await chmod(join(stateDir, 'cache-key'), 0o644);
    const notices: string[] = [];
    const place = await findDerived({ env: {}, cacheDir, stateDir }, (message) => notices.push(message));
    expect(place).toBeNull();
    const derived = openDerived(place, () => {});
    await derived.keep('result', KEY, inPieces(CONTENT));
    expect(await derived.read('result', KEY)).toBeUndefined();
    expect(await derived.open('result', KEY)).toBeUndefined();
  });
});
