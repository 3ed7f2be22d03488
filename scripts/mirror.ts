import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MkbaseError, reasonOf } from '../src/errors.ts';
import { lentMirrors, readHostSources } from '../src/families/apt/archive/host-sources.ts';
import type { AptRecipe } from '../src/families/apt/recipe.ts';
import { createHttp, type Http } from '../src/fetch/http.ts';
import { builtInRecipes } from '../src/recipe/built-in.ts';

/** Milliseconds for which a file that changes on the mirror is served as it was. */
const FRESH = 24 * 3600 * 1000;

/** Addresses to try in order, by the first part of a path: `debian`, `debian-security`. */
export type Upstreams = Readonly<Record<string, readonly string[]>>;

export interface MirrorOptions {
  /** The directory of fetched files. */
  readonly directory: string;
  readonly upstreams: Upstreams;
  /** Default any free one. */
  readonly port?: number;
}

export interface Mirror {
  /** `http://127.0.0.1:PORT`: the mirrors are below it at `/debian` and `/debian-security`. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/**
 * A mirror on this machine that fetches from a real one what it does not have yet: runs against it are
 * quick and see the same archive. Package files and by-hash indexes are kept for good, others for a day.
 */
export async function serveMirror({ directory, upstreams, port = 0 }: MirrorOptions): Promise<Mirror> {
  const http = createHttp({ env: process.env, signal: new AbortController().signal });
  const absent = new Set<string>();
  const fetching = new Map<string, Promise<string | null>>();
  const find = (path: string): Promise<string | null> => {
    const running = fetching.get(path);
    if (running !== undefined) return running;
    const work = findFile({ path, directory, upstreams, http, absent }).finally(() => fetching.delete(path));
    fetching.set(path, work);
    return work;
  };
  const server = createServer((request, response) => {
    answer(request, response, find).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end(`${reasonOf(error)}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Debian's archives, from the mirrors that this machine's own apt sources name, else the official ones. */
export async function debianUpstreams(): Promise<Upstreams> {
  const debian = builtInRecipes().filter(
    (recipe) => recipe.family === 'apt' && recipe.distribution === 'debian',
  ) as AptRecipe[];
  const lent = lentMirrors(await readHostSources('/etc/apt'), debian);
  const official = (name: string): readonly string[] => [
    ...new Set(
      debian.flatMap(({ pockets }) =>
        pockets
          .filter((pocket) => (pocket.name === 'security') === (name === 'security'))
          .flatMap((pocket) => pocket.mirrors.default),
      ),
    ),
  ];
  return {
    debian: [...lent.archive, ...official('release')],
    'debian-security': [...lent.security, ...official('security')],
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  find: (path: string) => Promise<string | null>,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const file = await find(decodeURIComponent(pathname).slice(1));
  if (file === null) {
    response.writeHead(404).end('not found\n');
    return;
  }
  const { size, mtime } = await stat(file);
  response.writeHead(200, { 'content-length': size, 'last-modified': mtime.toUTCString() });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), response);
}

interface Search {
  readonly path: string;
  readonly directory: string;
  readonly upstreams: Upstreams;
  readonly http: Http;
  /** Paths that the real mirror does not have. */
  readonly absent: Set<string>;
}

async function findFile({ path, directory, upstreams, http, absent }: Search): Promise<string | null> {
  const [tree = '', ...rest] = path.split('/');
  const bases = upstreams[tree];
  if (bases === undefined || absent.has(path) || rest.some((part) => part === '..' || part === ''))
    return null;
  const file = join(directory, path);
  if (await isGood(file)) return file;
  const urls = bases.map((base) => `${base}/${rest.map(encodeURIComponent).join('/')}`);
  try {
    await http.download(urls, { what: path, receive: ({ body }) => save(body, file) });
    return file;
  } catch (error) {
    if (!(error instanceof MkbaseError) || error.code !== 'network/not-found') throw error;
    absent.add(path);
    return null;
  }
}

async function isGood(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) return false;
  return !file.includes('/dists/') || file.includes('/by-hash/') || Date.now() - found.mtimeMs < FRESH;
}

async function save(body: AsyncIterable<Buffer>, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await pipeline(body, createWriteStream(partial));
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}
