import { chmod, chown, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findSecret } from '../../src/derived/secret.ts';
import { folderOfFile } from '../support/folder.ts';
import { bench, contentOf, inPieces, KEY } from './support.ts';

async function places() {
  const folder = await folderOfFile();
  return { cacheDir: join(folder, 'cache'), stateDir: join(folder, 'state/mkbase'), env: {} };
}

const GIVEN = 'a secret of some CI, of forty characters';

describe('the secret', () => {
  test('is made at first use, for this user alone, and stays', async () => {
    const where = await places();
    const secret = await findSecret(where);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(await findSecret(where)).toBe(secret);
    expect((await stat(where.stateDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(where.stateDir, 'cache-key'))).mode & 0o777).toBe(0o600);
  });

  test('is one, when several runs make it at once', async () => {
    const where = await places();
    const secrets = await Promise.all(Array.from({ length: 8 }, () => findSecret(where)));
    expect(new Set(secrets).size).toBe(1);
  });

  test('of a CI comes from the environment, or from a file that it names', async () => {
    const where = await places();
    const file = join(await folderOfFile(), 'secret');
    await writeFile(file, `${GIVEN}\n`);
    const given = await findSecret({ ...where, env: { MKBASE_CACHE_KEY: GIVEN } });
    expect(await findSecret({ ...where, env: { MKBASE_CACHE_KEY_FILE: file } })).toBe(given);
    await expect(stat(where.stateDir)).rejects.toThrow('ENOENT');
    const own = await findSecret(where);
    const text = await readFile(join(where.stateDir, 'cache-key'), 'latin1');
    expect(await findSecret({ ...where, env: { MKBASE_CACHE_KEY: text } })).toBe(own);
  });

  test('that was given finds what was sealed elsewhere with the same', async () => {
    const made = await bench({ MKBASE_CACHE_KEY: GIVEN });
    await made.derived.keep('plan', KEY, inPieces(Buffer.from('a plan')));
    const other = await bench({ MKBASE_CACHE_KEY: GIVEN });
    expect(other.place.secret).toBe(made.place.secret);
    const { openDerived } = await import('../../src/derived/derived.ts');
    const restored = openDerived({ ...other.place, folder: made.place.folder }, () => {});
    expect((await contentOf(await restored.open('plan', KEY)))?.toString()).toBe('a plan');
  });

  test('that is lost is made anew, and what it sealed is left alone', async () => {
    const made = await bench();
    await made.derived.keep('plan', KEY, inPieces(Buffer.from('a plan')));
    await rm(made.stateDir, { recursive: true });
    const { findDerived, openDerived } = await import('../../src/derived/derived.ts');
    const place = await findDerived({ ...made, env: {} }, (message) => made.notices.push(message));
    expect(await openDerived(place, () => {}).read('plan', KEY)).toBeUndefined();
    expect((await made.derived.read('plan', KEY))?.toString()).toBe('a plan');
    expect(made.notices).toEqual([]);
  });
});

describe('there is no secret', () => {
  test.each([
    ['that is short', { MKBASE_CACHE_KEY: 'short' }, '`MKBASE_CACHE_KEY` has fewer than 32 characters'],
    ['in a file that is not there', { MKBASE_CACHE_KEY_FILE: '/nonexistent/key' }, 'cannot be read'],
  ])('%s', async (_, env, reason) => {
    await expect(findSecret({ ...(await places()), env })).rejects.toThrow(reason);
  });

  test.each([
    ['that others can read', (file: string) => chmod(file, 0o644), 'nobody else can read'],
    ['that is empty', (file: string) => writeFile(file, ''), 'fewer than 32'],
    ['that others can replace', (file: string) => chmod(join(file, '..'), 0o777), 'others can write to'],
  ])('%s', async (_, change, reason) => {
    const where = await places();
    await findSecret(where);
    await change(join(where.stateDir, 'cache-key'));
    await expect(findSecret(where)).rejects.toThrow(reason);
  });

  test('that a link leads to', async () => {
    const where = await places();
    const other = join(await folderOfFile(), 'other');
    await writeFile(other, GIVEN, { mode: 0o600 });
    await mkdir(where.stateDir, { recursive: true, mode: 0o700 });
    await symlink(other, join(where.stateDir, 'cache-key'));
    await expect(findSecret(where)).rejects.toThrow('ELOOP');
  });

  test.runIf(process.getuid?.() === 0)('of another user', async () => {
    const where = await places();
    await findSecret(where);
    await chown(join(where.stateDir, 'cache-key'), 65_534, 65_534);
    await expect(findSecret(where)).rejects.toThrow('not a file of this user');
  });

  test('in the cache directory that it is to guard', async () => {
    const where = await places();
    const stateDir = join(where.cacheDir, 'state');
    await expect(findSecret({ ...where, stateDir })).rejects.toThrow('is in the cache');
    const made = await stat(join(stateDir, 'cache-key')).catch(() => null);
    expect(made).toBeNull();
  });
});
