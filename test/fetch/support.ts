import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { MkbaseError } from '../../src/errors.ts';
import { createHttp, type Http, type HttpOptions } from '../../src/fetch/http.ts';
import { openStore, type Store, type StoreItem } from '../../src/fetch/store.ts';
import { type ServerOptions, startServer, type TestServer } from '../support/server.ts';

/** A server that ends with the test. */
export async function serve(
  content: Record<string, Buffer | string>,
  options?: ServerOptions,
): Promise<TestServer> {
  const files = Object.entries(content).map(([path, bytes]) => [path, Buffer.from(bytes)] as const);
  const server = await startServer(new Map(files), options);
  onTestFinished(server.close);
  return server;
}

/** An Http whose waits are recorded in `waits` instead of slept. */
export function quickHttp(options: Partial<HttpOptions> = {}): Http & { readonly waits: number[] } {
  const waits: number[] = [];
  const http = createHttp({
    env: {},
    signal: new AbortController().signal,
    sleep: async (milliseconds) => waits.push(milliseconds),
    random: () => 1,
    timeouts: { connect: 1000, idle: 300 },
    ...options,
  });
  return { ...http, waits };
}

export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

export async function quickStore(
  options: { http?: Http; offline?: boolean; directory?: string } = {},
): Promise<Store> {
  const directory = options.directory ?? (await temporaryDirectory());
  return openStore({ directory, http: options.http ?? quickHttp(), offline: options.offline ?? false });
}

export function itemOf(what: string, content: Buffer | string, ...urls: string[]): StoreItem {
  const bytes = Buffer.from(content);
  const hex = createHash('sha256').update(bytes).digest('hex');
  return { what, urls, size: bytes.length, digest: { algorithm: 'sha256', hex } };
}

/** The error that a promise is rejected with. */
export async function failureOf(work: Promise<unknown>): Promise<MkbaseError> {
  return work.then(
    () => {
      throw new Error('it should have failed');
    },
    (error) => error as MkbaseError,
  );
}

/** Every file below a directory, relative. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
