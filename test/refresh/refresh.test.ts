import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { readLocks } from '../../src/lock-file.ts';
import type { Outcome } from '../../src/refresh/outcome.ts';
import { suiteSpec, theKey } from '../families/apt/plan-support.ts';
import { buildRepository, type RepositoryPackage } from '../support/apt-repository.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { worldOf } from '../support/streams.ts';

const isEvent = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(new URL('../../docs/events.schema.json', import.meta.url), 'utf8')),
);
const BASE = { name: 'base', priority: 'required' };
const DAY = '2026-01-10';

let cwd: string;
let registry: TestRegistry;
let mirror: TestServer;
/** What the mirror serves: an image names its address, which must stay. */
const files = new Map<string, Buffer>();
beforeEach(async () => {
  mirror = await startServer(files);
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-refresh-'));
  registry = await startRegistry();
  await writeFile(join(cwd, 'key.asc'), (await theKey()).armored);
  await list('base: {}');
});
afterEach(async () => {
  await Promise.all([registry.close(), mirror.close()]);
  await rm(cwd, { recursive: true });
});

/** Writes images.yaml; packages are only unpacked, so that any user can build. */
async function list(images: string, more = ''): Promise<void> {
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
}

interface Mirror {
  readonly packages?: readonly RepositoryPackage[];
  readonly date?: string;
}

/** What a refresh on a machine that has never seen the mirror ends with. */
async function refresh(options = '', { packages = [BASE], date = '2026-01-01' }: Mirror = {}) {
  const served = await buildRepository([await suiteSpec({ packages, date: new Date(date) })]);
  files.clear();
  for (const [path, bytes] of served) files.set(path, bytes);
  mirror.requests.length = 0;
  const { world, stdout, stderr } = worldOf({ cwd, env: { PATH: process.env.PATH, HOME: cwd } });
  const cache = await mkdtemp(join(cwd, 'cache-'));
  registry.requests.length = 0;
  const words = `refresh images.yaml --json --mode none --keyring key.asc --mirror ${mirror.url} --cache-dir ${cache}`;
  const status = await run([...`${words} --debug-now ${DAY} ${options}`.trim().split(' ')], world);
  for (const line of stdout
    .text()
    .split('\n')
    .filter((text) => text !== '')) {
    expect(isEvent(JSON.parse(line)) || isEvent.errors).toBe(true);
  }
  const outcomes = stdout
    .text()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Outcome);
  return {
    status,
    outcomes,
    outcome: outcomes[0]!,
    stderr: stderr.text(),
    asked: mirror.requests.map(({ path }) => path),
  };
}

function digestOf(tag: string): string | undefined {
  const repository = registry.repository('base');
  const found = repository.manifests.get(tag);
  return [...repository.manifests].find(
    ([name, { bytes }]) => name.startsWith('sha256:') && found?.bytes.equals(bytes),
  )?.[0];
}

describe('mkbase refresh', () => {
  it('makes what the registry has not, with a moving and a dated tag', async () => {
    const { status, outcome } = await refresh();
    expect(status).toBe(0);
    expect(outcome).toMatchObject({
      name: 'base',
      result: 'changed',
      reason: 'new',
      names: [`${registry.host}/base:base`, `${registry.host}/base:base-20260110`],
      changes: null,
      oldestIndex: '2026-01-01T00:00:00Z',
    });
    expect(digestOf('base')).toBe(outcome.digest);
    expect(digestOf('base-20260110')).toBe(outcome.digest);
  });

  it('costs a few requests where nothing changed, and fetches neither index nor package', async () => {
    const first = await refresh();
    const { status, outcome, asked } = await refresh('--detailed-exitcode');
    expect(status).toBe(0);
    expect(outcome).toMatchObject({ result: 'unchanged', digest: first.outcome.digest });
    expect(asked).toEqual(['dists/bookworm/InRelease']);
    expect(registry.requests.length).toBeLessThanOrEqual(3);
  });

  it('changes nothing where an index was only signed again', async () => {
    const first = await refresh();
    const { outcome, asked } = await refresh('', { date: '2026-01-02' });
    expect(outcome).toMatchObject({ result: 'unchanged', digest: first.outcome.digest });
    expect(asked.filter((path) => path.endsWith('.deb'))).toEqual([]);
  });

  it('rebuilds what an upgrade is in, tells both versions, and keeps the image before', async () => {
    const first = await refresh();
    const { status, outcome } = await refresh('--detailed-exitcode --report r.md --metrics m.prom', {
      packages: [{ ...BASE, version: '1.1' }],
      date: '2026-01-03',
    });
    expect(status).toBe(2);
    expect(outcome).toMatchObject({
      result: 'changed',
      reason: 'packages',
      changes: { packages: [{ kind: 'upgraded', name: 'base', before: '1.0', after: '1.1' }] },
    });
    expect(digestOf('base')).toBe(outcome.digest);
    expect(digestOf('base-20260110')).toBe(first.outcome.digest);
    expect(digestOf('base-20260110-2')).toBe(outcome.digest);
    expect(await readFile(join(cwd, 'r.md'), 'utf8')).toContain('| base | upgraded | 1.0 | 1.1 |');
    expect(await readFile(join(cwd, 'm.prom'), 'utf8')).toContain(
      'mkbase_packages_changed{image="base"} 1\n',
    );
  });

  it('attaches the lock, from which the same image is made', async () => {
    await refresh();
    const lock = [...registry.repository('base').blobs.values()].find((bytes) =>
      bytes.includes('"lockDigest"'),
    );
    expect((await readLocks(lock!.toString(), 'x'))[0]).toMatchObject({ packages: [{ name: 'base' }] });
  });

  it.each(['--check', '--dry-run'])('with %s only says what would change', async (option) => {
    const first = await refresh();
    const { status, outcome } = await refresh(`${option} --detailed-exitcode`, {
      packages: [{ ...BASE, version: '1.1' }],
      date: '2026-01-03',
    });
    expect(status).toBe(2);
    expect(outcome).toMatchObject({ result: 'outdated', changes: { packages: [{ after: '1.1' }] } });
    expect(digestOf('base')).toBe(first.outcome.digest);
    expect(registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  });

  it('refuses an index older than that of the image, on a machine that never saw a newer one', async () => {
    const first = await refresh('', { packages: [{ ...BASE, version: '1.1' }], date: '2026-01-03' });
    const { status, outcome } = await refresh('', { date: '2026-01-02' });
    expect(status).toBe(65);
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'signature/rollback' } });
    expect(digestOf('base')).toBe(first.outcome.digest);
  });

  it('sees that it is to be packed in another way', async () => {
    await refresh();
    await list('base: { compression: none }');
    expect((await refresh()).outcome).toMatchObject({ result: 'changed', reason: 'build' });
  });

  it('makes again what mkbase did not make', async () => {
    const foreign = Buffer.from(JSON.stringify({ schemaVersion: 2, annotations: {} }));
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    registry.repository('base').manifests.set('base', { mediaType, bytes: foreign });
    expect((await refresh()).outcome).toMatchObject({ result: 'changed', reason: 'foreign' });
  });

  it('with a key believes only what it signed itself', async () => {
    const pem = () =>
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await writeFile(join(cwd, 'one.pem'), pem());
    await writeFile(join(cwd, 'two.pem'), pem());
    await refresh();
    expect((await refresh('--key one.pem')).outcome).toMatchObject({ result: 'changed', reason: 'unsigned' });
    expect((await refresh('--key one.pem')).outcome.result).toBe('unchanged');
    expect((await refresh('--key two.pem')).outcome).toMatchObject({ result: 'changed', reason: 'unsigned' });
    expect((await refresh('--key key.asc')).stderr).toContain('config/bad-key');
  });

  it('goes on with the other images where one fails, and ends with status 3 or 65', async () => {
    await list(`good: {}
  down: { mirror: "http://127.0.0.1:9" }
  typo: { include: [nothing-of-this-name] }`);
    // The command line's mirror would hold for all.
    await refresh('--check good');
    await writeFile(
      join(cwd, 'images.yaml'),
      (await readFile(join(cwd, 'images.yaml'), 'utf8')).replace(
        'images:',
        `  mirror: ${mirror.url}\nimages:`,
      ),
    );
    const { world, stdout } = worldOf({ cwd, env: { PATH: process.env.PATH, HOME: cwd } });
    const call = ['--json', '--mode=none', '--keyring=key.asc', `--debug-now=${DAY}`, '--cache-dir=c'];
    expect(await run(['refresh', 'images.yaml', 'good', 'down', ...call], world)).toBe(3);
    const results = stdout
      .text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Outcome);
    expect(results.map(({ name, result }) => `${name} ${result}`).sort()).toEqual([
      'down failed',
      'good changed',
    ]);
    expect(await run(['refresh', 'images.yaml', ...call], worldOf({ ...world }).world)).toBe(65);
  });

  it('moves no tag where the registry refuses what comes before', async () => {
    const first = await refresh();
    registry.faults.push({
      ...{ method: 'PUT', path: /manifests\/sha256:/, times: 1 },
      answer: (_, response) => response.writeHead(403).end(),
    });
    const upgraded = { packages: [{ ...BASE, version: '1.1' }], date: '2026-01-03' };
    const { status, outcome } = await refresh('', upgraded);
    expect([status, outcome.error?.code]).toEqual([65, 'registry/denied']);
    expect(digestOf('base')).toBe(first.outcome.digest);
    expect((await refresh('', upgraded)).outcome).toMatchObject({ result: 'changed' });
  });

  it('is put off by a registry that is down', async () => {
    await registry.close();
    const { status, outcome } = await refresh();
    expect(status).toBe(75);
    expect(outcome.error?.code).toBe('registry/refused');
    registry = await startRegistry();
  });

  it('takes the images of its shard, and those that are named', async () => {
    await list('a: {}\n  b: {}\n  c: {}');
    const names = async (options: string) =>
      (await refresh(`--check ${options}`)).outcomes.map(({ name }) => name);
    expect((await names('--shard 1/2')).sort()).toEqual(['a', 'c']);
    expect(await names('--shard 2/2')).toEqual(['b']);
    expect((await refresh('--shard 3/2')).status).toBe(2);
  });

  it.each([
    ['a: {}\n  b: { tags: ["a"] }', 'config/tag-collision', 'both push'],
    ['a: { include: [UPPER] }', 'config/bad-value', 'does not have the form'],
    ['a: { include: [./local.deb] }', 'config/bad-value', 'does not have the form'],
    [
      'a: { suite: bookwurm }',
      'config/unknown-suite',
      'images.yaml:8: `a`: there is no recipe for `bookwurm`',
    ],
    ['a: { arch: sparc }', 'config/bad-value', '`sparc` is no value'],
  ])('refuses %j before any work', async (images, code, message) => {
    await list(images);
    const { status, stderr } = await refresh();
    expect(status).toBe(65);
    expect(stderr).toContain(code);
    expect(stderr).toContain(message);
  });

  it('tells of another refresh of the same list', async () => {
    const cache = join(cwd, 'c');
    const { whileLocked } = await import('../../src/refresh/local-lock.ts');
    const { world, stderr } = worldOf({ cwd });
    await whileLocked(`${join(cwd, 'images.yaml')} `, cache, async () => {
      expect(await run(['refresh', 'images.yaml', '--cache-dir', 'c'], world)).toBe(4);
    });
    expect(stderr.text()).toContain(`is being refreshed by process ${process.pid}`);
  });
});
