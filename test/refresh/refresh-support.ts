import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'vitest';
import { run } from '../../src/cli/run.ts';
import type { Outcome } from '../../src/refresh/outcome.ts';
import { suiteSpec, theKey } from '../families/apt/plan-support.ts';
import { buildRepository, type RepositoryPackage } from '../support/apt-repository.ts';
import { startRegistry, type TestRegistry, type TestRegistryOptions } from '../support/registry.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { worldOf } from '../support/streams.ts';

const isEvent = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(new URL('../../docs/events.schema.json', import.meta.url), 'utf8')),
);
/** The packages of every variant. */
export const BASE = { name: 'base', priority: 'required' };
export const DAY = '2026-01-10';
/** The secret of webhooks. */
export const SECRET = 'hush';

/** The mirror's packages. */
interface Served {
  readonly packages?: readonly RepositoryPackage[];
  readonly date?: string;
}

interface Refreshed {
  readonly status: number;
  readonly outcomes: readonly Outcome[];
  /** The first of them. */
  readonly outcome: Outcome;
  readonly stderr: string;
  /** Paths that the mirror was asked for. */
  readonly asked: readonly string[];
}

/** A list, a mirror of one package and a registry in memory. */
export interface Bench {
  readonly cwd: string;
  readonly registry: TestRegistry;
  readonly mirror: TestServer;
  /** Writes images.yaml; packages are only unpacked, so that any user can build. */
  readonly list: (images: string, more?: string) => Promise<void>;
  /** The result of a refresh on a machine that has never seen the mirror. */
  readonly refresh: (options?: string, served?: Served) => Promise<Refreshed>;
  /** The image that a tag of the repository `base` leads to. */
  readonly digestOf: (tag: string) => string | undefined;
  readonly close: () => Promise<void>;
}

export async function openBench(options: TestRegistryOptions = {}): Promise<Bench> {
  // An image names its mirror's address, which must stay: what it serves is replaced.
  const files = new Map<string, Buffer>();
  const [mirror, registry] = [await startServer(files), await startRegistry(options)];
  const cwd = await mkdtemp(join(tmpdir(), 'mkbase-refresh-'));
  await writeFile(join(cwd, 'key.asc'), (await theKey()).armored);

  const list: Bench['list'] = async (images, more = '') => {
    const text = `\
defaults:
  suite: bookworm
  arch: amd64
  pockets: release
  scripts: skip
  repository: ${registry.host}/base
images:
  ${images}
${more}`;
    await writeFile(join(cwd, 'images.yaml'), text);
  };

  const refresh: Bench['refresh'] = async (options = '', { packages = [BASE], date = '2026-01-01' } = {}) => {
    const served = await buildRepository([await suiteSpec({ packages, date: new Date(date) })]);
    files.clear();
    for (const [path, bytes] of served) files.set(path, bytes);
    mirror.requests.length = 0;
    registry.requests.length = 0;
    const env = { PATH: process.env.PATH, HOME: cwd, MKBASE_WEBHOOK_SECRET: SECRET };
    const { world, stdout, stderr } = worldOf({ cwd, env });
    const cache = await mkdtemp(join(cwd, 'cache-'));
    const origin = `--mode none --keyring key.asc --mirror ${mirror.url} --cache-dir ${cache} --debug-now ${DAY}`;
    const status = await run(`refresh images.yaml --json ${origin} ${options}`.trim().split(' '), world);
    const lines = stdout.text().split('\n').slice(0, -1);
    const outcomes = lines.map((line) => JSON.parse(line) as Outcome);
    for (const outcome of outcomes) expect(isEvent(outcome) || isEvent.errors).toBe(true);
    const asked = mirror.requests.map(({ path }) => path);
    return { status, outcomes, outcome: outcomes[0]!, stderr: stderr.text(), asked };
  };

  await list('base: {}');
  return {
    ...{ cwd, registry, mirror, list, refresh },
    digestOf(tag) {
      const { manifests } = registry.repository('base');
      const found = manifests.get(tag);
      const isSame = ([name, { bytes }]: [string, { readonly bytes: Buffer }]) =>
        name.startsWith('sha256:') && found?.bytes.equals(bytes) === true;
      return [...manifests].find(isSame)?.[0];
    },
    async close() {
      await Promise.all([registry.close(), mirror.close()]);
      await rm(cwd, { recursive: true });
    },
  };
}
