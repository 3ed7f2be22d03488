import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Outcome } from '../../src/refresh/outcome.ts';
import { suiteSpec, theKey } from '../families/apt/plan-support.ts';
import { buildRepository, type RepositoryPackage } from '../support/apt-repository.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { describeWith } from './needs.ts';
import { MAIN } from './run.ts';

let folder: string;
let registry: DockerRegistry;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-live-refresh-'));
  registry = await startDockerRegistry('open');
});
afterAll(async () => {
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly status: number | null;
  readonly outcomes: readonly Outcome[];
  readonly stderr: string;
  readonly seconds: number;
}

/** The program as it ships, in the folder of the tests. */
async function mkbase(args: readonly string[], killAfter?: number): Promise<Run> {
  const began = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (bytes) => (stdout += bytes));
  child.stderr.on('data', (bytes) => (stderr += bytes));
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  const [status] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const seconds = (performance.now() - began) / 1000;
  return { status, outcomes: lines.map((line) => JSON.parse(line) as Outcome), stderr, seconds };
}

const skopeo = async (...args: readonly string[]) => (await promisify(execFile)('skopeo', args)).stdout;

describeWith(['docker-registry', 'skopeo'], 'mkbase refresh with the real mirror', () => {
  it('makes real images once, and then asks for little', async () => {
    const variants = ['essential', 'apt', 'minbase'];
    const images = ['bookworm', 'trixie'].flatMap((suite) =>
      variants.map((variant) => `  ${suite}-${variant}: { suite: ${suite}, variant: ${variant} }`),
    );
    const defaults = `defaults: { repository: "${registry.host}/real", arch: amd64, scripts: skip }`;
    await writeFile(join(folder, 'real.yaml'), [defaults, 'images:', ...images, ''].join('\n'));
    const first = await mkbase(['refresh', 'real.yaml', '--jobs=2', '--detailed-exitcode']);
    expect(first.outcomes.map(({ result }) => result)).toEqual(images.map(() => 'changed'));
    expect(first.status).toBe(2);
    const again = await mkbase(['refresh', 'real.yaml', '--detailed-exitcode', '--verbose']);
    expect(again.outcomes.map(({ result }) => result)).toEqual(images.map(() => 'unchanged'));
    expect(again.status).toBe(0);
    const requests = again.stderr.split('\n').filter((line) => /^(?:\S+: )?(?:GET|HEAD) /.test(line));
    expect(requests.length / images.length).toBeLessThanOrEqual(6);
    expect(requests.filter((line) => /\.deb |Packages/.test(line))).toEqual([]);
    process.stderr.write(
      `refresh of ${images.length} fresh images: ${again.seconds.toFixed(2)} s, ${requests.length} requests\n`,
    );
  });
});

describeWith(['docker-registry', 'skopeo'], 'mkbase refresh that is disturbed', () => {
  const files = new Map<string, Buffer>();
  let mirror: TestServer;
  beforeAll(async () => {
    mirror = await startServer(files);
    await writeFile(join(folder, 'key.asc'), (await theKey()).armored);
  });
  afterAll(() => mirror.close());

  const serve = async (version: string, day: string) => {
    const base: RepositoryPackage = { name: 'base', version, priority: 'required' };
    const spec = await suiteSpec({ packages: [base], date: new Date(day) });
    files.clear();
    for (const [path, bytes] of await buildRepository([spec])) files.set(path, bytes);
  };
  const list = async (repository: string) => {
    const defaults = `{ suite: bookworm, arch: amd64, pockets: release, scripts: skip, repository: "${registry.host}/${repository}" }`;
    const text = `defaults: ${defaults}\nimages: { one: {}, two: { label: { a: b } }, three: { user: nobody } }\n`;
    await writeFile(join(folder, `${repository}.yaml`), text);
  };
  const refresh = (repository: string, cache: string, killAfter?: number) => {
    const origin = ['--keyring=key.asc', `--mirror=${mirror.url}`, `--cache-dir=${cache}`, '--mode=none'];
    return mkbase(['refresh', `${repository}.yaml`, ...origin, '--debug-now=2026-01-10'], killAfter);
  };
  const digests = async (repository: string) => {
    const names = ['one', 'two', 'three'].map((tag) => `docker://${registry.host}/${repository}:${tag}`);
    return Promise.all(
      names.map((name) =>
        skopeo('inspect', '--tls-verify=false', '--format={{.Digest}}', name).catch(() => null),
      ),
    );
  };

  it('ends in the same images after being killed at ten moments, and never moves a tag too early', async () => {
    await list('whole');
    await list('killed');
    await serve('1.0', '2026-01-01');
    for (const repository of ['whole', 'killed']) expect((await refresh(repository, 'c')).status).toBe(0);
    const before = await digests('whole');
    await serve('1.1', '2026-01-02');
    const { seconds, status } = await refresh('whole', 'c');
    expect(status).toBe(0);
    const after = await digests('whole');
    for (let moment = 1; moment <= 10; moment++) {
      await refresh('killed', `k${moment}`, (moment / 10) * seconds * 1000);
      const now = await digests('killed');
      expect(now.every((digest, index) => [before[index], after[index]].includes(digest))).toBe(true);
      const target = `dir:${join(folder, `pulled-${moment}`)}`;
      await skopeo('copy', '-q', '--src-tls-verify=false', `docker://${registry.host}/killed:three`, target);
    }
    expect((await refresh('killed', 'c')).status).toBe(0);
    expect(await digests('killed')).toEqual(after);
  });

  it('pushes the same twice where two run at once', async () => {
    await list('both');
    const runs = await Promise.all(['x', 'y'].map((cache) => refresh('both', cache)));
    expect(runs.flatMap(({ outcomes }) => outcomes.filter(({ error }) => error !== null))).toEqual([]);
    expect(runs.map(({ status }) => status)).toEqual([0, 0]);
    expect(await digests('both')).toEqual(await digests('whole'));
  });

  it('removes by --yes what the retention lets go', async () => {
    await list('both');
    const file = join(folder, 'both.yaml');
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('{ suite', '{ retention: { keep: 1 }, suite'),
    );
    await serve('1.2', '2026-01-03');
    expect((await refresh('both', 'c')).status).toBe(0);
    const pruned = await mkbase(['prune', 'both.yaml', '--yes']);
    expect(pruned.status).toBe(0);
    const tags = JSON.parse(
      await skopeo('list-tags', '--tls-verify=false', `docker://${registry.host}/both`),
    );
    const names = (tags.Tags as string[]).filter((tag) => !tag.startsWith('sha256-')).sort();
    expect(names).toEqual(['one', 'one-20260110-2', 'three', 'three-20260110-2', 'two', 'two-20260110-2']);
  });
});
