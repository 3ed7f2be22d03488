import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cacheError } from '../../src/fetch/cache-error.ts';
import { openStore, type StoreItem } from '../../src/fetch/store.ts';
import { withoutRights } from '../support/without-rights.ts';
import {
  failureOf,
  filesBelow,
  itemOf,
  quickHttp,
  quickStore,
  serve,
  temporaryDirectory,
} from './support.ts';

const CONTENT = Buffer.alloc(300_000, 'content of a package ');

function pathOf({ digest }: ReturnType<typeof itemOf>): string {
  return join('v1', digest.algorithm, digest.hex.slice(0, 2), digest.hex.slice(2));
}

describe('fetch', () => {
  test('brings a file once, and keeps it by its digest', async () => {
    const server = await serve({ a: CONTENT });
    const directory = await temporaryDirectory();
    const store = await quickStore({ directory });
    const item = itemOf('a', CONTENT, `${server.url}/a`);
    let bytes = 0;
    const path = join(directory, pathOf(item));
    expect(await store.fetch(item, (change) => (bytes += change))).toEqual({ path, cached: false });
    expect(await store.fetch(item)).toEqual({ path, cached: true });
    expect(CONTENT.equals(await readFile(path))).toBe(true);
    expect(bytes).toBe(CONTENT.length);
    expect(server.requests).toHaveLength(1);
    expect(await filesBelow(directory)).toEqual([pathOf(item)]);
  });

  test('knows sha512', async () => {
    const server = await serve({ a: 'x' });
    const hex = createHash('sha512').update('x').digest('hex');
    const store = await quickStore();
    const item = {
      what: 'a',
      urls: [`${server.url}/a`],
      size: 1,
      digest: { algorithm: 'sha512', hex },
    } as const;
    expect((await store.fetch(item)).path).toContain(join('sha512', hex.slice(0, 2), hex.slice(2)));
  });

  test('takes no digest for a path that is none', async () => {
    const digest = { algorithm: 'sha256', hex: `../../${'a'.repeat(58)}` } as const;
    const error = await failureOf((await quickStore()).fetch({ what: 'a', urls: [], size: 1, digest }));
    expect(error.code).toBe('package/bad-digest');
  });

  test('a file that was damaged in the cache is fetched again', async () => {
    const server = await serve({ a: CONTENT });
    const directory = await temporaryDirectory();
    const store = await quickStore({ directory });
    const item = itemOf('a', CONTENT, `${server.url}/a`);
    const { path } = await store.fetch(item);
    await writeFile(path, Buffer.alloc(CONTENT.length));
    expect((await store.fetch(item)).cached).toBe(false);
    expect(CONTENT.equals(await readFile(path))).toBe(true);
  });
});

describe('a download that was cut', () => {
  test('goes on where it stopped', async () => {
    const server = await serve({ a: CONTENT }, { faults: { a: { kind: 'cut', after: 100_000, times: 1 } } });
    const item = itemOf('a', CONTENT, `${server.url}/a`);
    let bytes = 0;
    const { path } = await (await quickStore()).fetch(item, (change) => (bytes += change));
    expect(CONTENT.equals(await readFile(path))).toBe(true);
    expect(server.requests[1]!.headers.range).toMatch(/^bytes=\d+-$/);
    expect(bytes).toBe(CONTENT.length);
  });

  test('starts again where the mirror answers with the whole file', async () => {
    const server = await serve({ a: CONTENT }, { faults: { a: { kind: 'cut', after: 100_000, times: 1 } } });
    const item = itemOf('a', CONTENT, `${server.url}/a`);
    const http = quickHttp({
      sleep: async () => server.faults.set('a', { kind: 'whole' }),
    });
    let bytes = 0;
    const { path } = await (await quickStore({ http })).fetch(item, (change) => (bytes += change));
    expect(CONTENT.equals(await readFile(path))).toBe(true);
    expect(bytes).toBe(CONTENT.length);
  });

  test('starts again where the mirror answers with another part than asked for', async () => {
    const ranges: (string | undefined)[] = [];
    const server = createServer(({ headers }, response) => {
      ranges.push(headers.range);
      if (headers.range !== undefined) {
        response.writeHead(206, { 'content-range': 'bytes 1-9/10' }).end('123456789');
      } else if (ranges.length === 1) {
        response.writeHead(200, { 'content-length': 10 }).write('01234', () => response.destroy());
      } else response.end('0123456789');
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close().closeAllConnections());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await (await quickStore()).fetch(itemOf('a', '0123456789', `http://127.0.0.1:${port}/`));
    expect(ranges).toEqual([undefined, 'bytes=5-', undefined]);
  });

  test('is gone on with by a later run, and by another mirror', async () => {
    const directory = await temporaryDirectory();
    const bad = await serve({ a: CONTENT }, { faults: { a: { kind: 'cut', after: 50_000 } } });
    const error = await failureOf(
      (await quickStore({ directory })).fetch(itemOf('a', CONTENT, `${bad.url}/a`)),
    );
    expect(error.code).toBe('network/cut');
    expect(await filesBelow(directory)).toHaveLength(1);

    const good = await serve({ a: CONTENT });
    const item = itemOf('a', CONTENT, `${good.url}/a`);
    await (await quickStore({ directory })).fetch(item);
    expect(good.requests[0]!.headers.range).toMatch(/^bytes=[1-9]/);
    expect(await filesBelow(directory)).toEqual([pathOf(item)]);
  });

  test('that left wrong bytes is begun anew', async () => {
    const server = await serve({ a: CONTENT });
    const directory = await temporaryDirectory();
    const item = itemOf('a', CONTENT, `${server.url}/a`);
    await mkdir(join(directory, 'v1/partial'), { recursive: true });
    await writeFile(join(directory, 'v1/partial', `${item.digest.hex}.0123`), 'wrong bytes');
    const { path } = await (await quickStore({ directory })).fetch(item);
    expect(CONTENT.equals(await readFile(path))).toBe(true);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=11-', undefined]);
    expect(await filesBelow(directory)).toEqual([pathOf(item)]);
  });

  test('that had all its bytes needs no request', async () => {
    const directory = await temporaryDirectory();
    const item = itemOf('a', CONTENT, 'http://mirror.invalid/a');
    await mkdir(join(directory, 'v1/partial'), { recursive: true });
    await writeFile(join(directory, 'v1/partial', `${item.digest.hex}.0123`), CONTENT);
    await (await quickStore({ directory })).fetch(item);
    expect(await filesBelow(directory)).toEqual([pathOf(item)]);
  });

  test('that nobody came back for is removed', async () => {
    const server = await serve({ a: 'a' });
    const directory = await temporaryDirectory();
    await mkdir(join(directory, 'v1/partial'), { recursive: true });
    const old = join(directory, 'v1/partial/feed.0123');
    await writeFile(old, 'x');
    await utimes(old, 0, 0);
    const item = itemOf('a', 'a', `${server.url}/a`);
    await (await quickStore({ directory })).fetch(item);
    expect(await filesBelow(directory)).toEqual([pathOf(item)]);
  });
});

describe('bytes that are not those of the index', () => {
  const wrong = Buffer.from(CONTENT);
  wrong[1000] = 0;

  test.each([
    ['shorter', CONTENT.subarray(1), 'package/wrong-size', '299999 instead of 300000 bytes'],
    ['longer', Buffer.concat([CONTENT, CONTENT]), 'package/wrong-size', '600000 instead of 300000 bytes'],
    ['altered', wrong, 'package/wrong-hash', 'has a wrong checksum'],
  ])('%s: refused after the second try, and not kept', async (_, served, code, message) => {
    const server = await serve({ a: served });
    const directory = await temporaryDirectory();
    const error = await failureOf(
      (await quickStore({ directory })).fetch(itemOf('a', CONTENT, `${server.url}/a`)),
    );
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(await filesBelow(directory)).toEqual([]);
    expect(server.requests.map(({ headers }) => headers['cache-control'])).toEqual([undefined, 'no-cache']);
  });

  test('the next mirror is tried', async () => {
    const [bad, good] = await Promise.all([serve({ a: wrong }), serve({ a: CONTENT })]);
    const item = itemOf('a', CONTENT, `${bad.url}/a`, `${good.url}/a`);
    const { path } = await (await quickStore()).fetch(item);
    expect(CONTENT.equals(await readFile(path))).toBe(true);
  });

  test('the message tells an update of the mirror, a stale cache and an attack apart', async () => {
    const server = await serve({
      'dists/x/Packages': wrong,
      'dists/x/by-hash/1': wrong,
      'pool/x.deb': wrong,
    });
    const hint = async (path: string) => {
      const item = itemOf(path, CONTENT, `${server.url}/${path}`);
      return (await failureOf((await quickStore()).fetch(item))).hint;
    };
    expect(await hint('dists/x/Packages')).toContain('is probably being updated');
    expect(await hint('dists/x/by-hash/1')).toContain('can be an attack');
    expect(await hint('pool/x.deb')).toContain('can be an attack');
    server.responseHeaders.set('via', '1.1 cache');
    expect(await hint('pool/x.deb')).toContain('a cache on the way');
  });

  test('an endless answer without a length is left at the first byte too many', async () => {
    const endless = createServer((_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(1000, 'x')), 1);
      response.on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void endless.close().closeAllConnections());
    await once(endless, 'listening');
    const { port } = endless.address() as AddressInfo;
    const error = await failureOf(
      (await quickStore()).fetch(itemOf('a', 'x'.repeat(1500), `http://127.0.0.1:${port}/`)),
    );
    expect(error.code).toBe('package/wrong-size');
    expect(error.message).toContain('more instead of 1500 bytes');
  });
});

describe('a file that was made here', () => {
  test('is found where it is what it should be', async () => {
    const directory = await temporaryDirectory();
    const store = await quickStore({ directory });
    const item = itemOf('a', CONTENT);
    expect(await store.find(item)).toBeNull();
    await store.add(item, CONTENT);
    expect(CONTENT.equals((await store.find(item))!)).toBe(true);
    expect(await filesBelow(directory)).toEqual([pathOf(item)]);
    await writeFile(join(directory, pathOf(item)), Buffer.alloc(CONTENT.length));
    expect(await store.find(item)).toBeNull();
  });

  test('is not added where it is another', async () => {
    const directory = await temporaryDirectory();
    await (await quickStore({ directory })).add(itemOf('a', 'a'), Buffer.from('b'));
    expect(await filesBelow(directory)).toEqual([]);
  });
});

describe('fetchAll', () => {
  test('gives all in the order asked for, and tells of each', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `file-${index}`);
    const server = await serve(Object.fromEntries(names.map((name) => [name, name])));
    const items = names.map((name) => itemOf(name, name, `${server.url}/${name}`));
    const told: string[] = [];
    const stored = await (await quickStore()).fetchAll(items, { onItem: ({ what }) => told.push(what) });
    expect(await Promise.all(stored.map(({ path }) => readFile(path, 'latin1')))).toEqual(names);
    expect(told.sort()).toEqual(names.toSorted());
  });

  test('ends the others at the first failure, and gives that failure', async () => {
    const server = await serve(
      { slow: CONTENT },
      { faults: { slow: { kind: 'slow', bytesPerSecond: 1000 } } },
    );
    const items = ['slow', 'gone', 'later'].map((name) => itemOf(name, CONTENT, `${server.url}/${name}`));
    const begun = Date.now();
    const error = await failureOf((await quickStore()).fetchAll(items, { concurrency: 2 }));
    expect(error.code).toBe('network/not-found');
    expect(error.message).toContain('`gone`');
    expect(Date.now() - begun).toBeLessThan(5000);
    expect(server.requests.map(({ path }) => path)).not.toContain('later');
  });

  test('offline: names all that is missing', async () => {
    const server = await serve({ a: 'a' });
    const directory = await temporaryDirectory();
    const items = ['a', 'b', 'c'].map((name) => itemOf(name, name, `${server.url}/${name}`));
    await (await quickStore({ directory })).fetch(items[0]!);
    const offline = await quickStore({ directory, offline: true, http: quickHttp({ offline: true }) });
    expect((await offline.fetch(items[0]!)).cached).toBe(true);
    const error = await failureOf(offline.fetchAll(items));
    expect(error.code).toBe('network/offline');
    expect(error.message).toContain('cannot fetch 2 files with --offline');
    expect(error.details).toEqual(['b', 'c']);
    expect((await failureOf(offline.fetch(items[1]!))).message).toContain(
      'cannot fetch `b` with --offline: it is not',
    );
  });
});

describe('named values', () => {
  test('are read back, null before they are written', async () => {
    const store = await quickStore();
    expect(await store.read('a key/with ../ anything')).toBeNull();
    await store.write('a key/with ../ anything', Buffer.from('value'));
    await store.write('a key/with ../ anything', Buffer.from('newer'));
    expect((await store.read('a key/with ../ anything'))?.toString()).toBe('newer');
  });

  test('a damaged one is none', async () => {
    const directory = await temporaryDirectory();
    const store = await quickStore({ directory });
    await store.write('key', Buffer.from('value'));
    const [file] = await filesBelow(directory);
    await writeFile(join(directory, file!), Buffer.alloc(40));
    expect(await store.read('key')).toBeNull();
  });
});

describe('a cache directory that cannot be written', () => {
  test('is its own error', async () => {
    const file = join(await temporaryDirectory(), 'file');
    await writeFile(file, '');
    const store = openStore({ directory: file, http: quickHttp(), offline: false });
    const fetched = await failureOf(store.fetch(itemOf('a', 'a', 'http://mirror.invalid/')));
    const written = await failureOf(store.write('k', Buffer.alloc(1)));
    expect([fetched.code, written.code]).toEqual(['host/cache-not-writable', 'host/cache-not-writable']);
    expect(await store.read('k')).toBeNull();
  });

  test('for lack of permission too', async () => {
    const directory = await temporaryDirectory();
    await chmod(directory, 0o555);
    const store = await quickStore({ directory });
    const error = await withoutRights(() => failureOf(store.write('k', Buffer.alloc(1))));
    expect(error.code).toBe('host/cache-not-writable');
  });

  test('one without space is another', async () => {
    const full = await failureOf(writeFile('/dev/full', 'x'));
    expect(cacheError(full, '/cache')).toMatchObject({ code: 'host/cache-full' });
  });
});

describe('several processes', () => {
  const compiled = new URL('../../dist/src/fetch/', import.meta.url);
  const program = `
    import { createHttp } from '${compiled}http.js';
    import { openStore } from '${compiled}store.js';
    const http = createHttp({ env: {}, signal: new AbortController().signal });
    const [directory, items] = process.argv.slice(1);
    await openStore({ directory, http, offline: false }).fetchAll(JSON.parse(items));
  `;
  const fill = (directory: string, items: readonly StoreItem[]): ChildProcess =>
    spawn(process.execPath, ['--input-type=module', '-e', program, directory, JSON.stringify(items)], {
      stdio: 'inherit',
    });

  test('two that fill one store at once both succeed', async () => {
    const server = await serve(
      { a: CONTENT, b: 'b' },
      { faults: { a: { kind: 'slow', bytesPerSecond: 1_000_000 } } },
    );
    const directory = await temporaryDirectory();
    const items = [itemOf('a', CONTENT, `${server.url}/a`), itemOf('b', 'b', `${server.url}/b`)];
    const runs = [1, 2].map(() => fill(directory, items));
    const codes = await Promise.all(runs.map(async (run) => (await once(run, 'exit'))[0]));
    expect(codes).toEqual([0, 0]);
    expect(await filesBelow(directory)).toEqual(items.map(pathOf).sort());
  });

  test('one that is killed in the middle leaves nothing that is believed later', async () => {
    const server = await serve({ a: CONTENT }, { faults: { a: { kind: 'hang', after: 100_000 } } });
    const directory = await temporaryDirectory();
    const item = itemOf('a', CONTENT, `${server.url}/a`);
    const run = fill(directory, [item]);
    while ((await filesBelow(directory)).length === 0) await sleep(20);
    await sleep(50);
    run.kill('SIGKILL');
    await once(run, 'exit');
    const [left] = await filesBelow(directory);
    expect(left).toMatch(/^v1\/partial\//);

    const offline = await quickStore({ directory, offline: true });
    expect((await failureOf(offline.fetch(item))).code).toBe('network/offline');
    server.faults.clear();
    const { path } = await (await quickStore({ directory })).fetch(item);
    expect(CONTENT.equals(await readFile(path))).toBe(true);
    expect(await filesBelow(directory)).toEqual([pathOf(item)]);
  });
});
