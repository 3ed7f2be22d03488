import { createHmac, generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { LOCK_SECTIONS } from '../../src/families/index.ts';
import { readLocks } from '../../src/lock/lock-file.ts';
import type { Outcome } from '../../src/refresh/outcome.ts';
import { outcomeText } from '../../src/refresh/report.ts';
import { worldOf } from '../support/streams.ts';
import { BASE, type Bench, DAY, openBench, SECRET } from './refresh-support.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

describe('mkbase refresh', () => {
  it('makes what the registry has not, with a moving and a dated tag', async () => {
    const { status, outcome } = await bench.refresh();
    expect(status).toBe(0);
    expect(outcome).toMatchObject({
      name: 'base',
      result: 'changed',
      reason: 'new',
      names: [`${bench.registry.host}/base:base`, `${bench.registry.host}/base:base-20260110`],
      changes: null,
      oldestIndex: '2026-01-01T00:00:00Z',
    });
    expect(bench.digestOf('base')).toBe(outcome.digest);
    expect(bench.digestOf('base-20260110')).toBe(outcome.digest);
  });

  it('costs a few requests where nothing changed, and fetches neither index nor package', async () => {
    const first = await bench.refresh();
    const { status, outcome, asked } = await bench.refresh('--detailed-exitcode');
    expect(status).toBe(0);
    expect(outcome).toMatchObject({ result: 'unchanged', digest: first.outcome.digest });
    expect(asked).toEqual(['dists/bookworm/InRelease']);
    expect(bench.registry.requests.length).toBeLessThanOrEqual(3);
  });

  it('changes nothing where an index was only signed again', async () => {
    const first = await bench.refresh();
    const { outcome, asked } = await bench.refresh('', { date: '2026-01-02' });
    expect(outcome).toMatchObject({ result: 'unchanged', digest: first.outcome.digest });
    expect(asked.filter((path) => path.endsWith('.deb'))).toEqual([]);
  });

  it('rebuilds what an upgrade is in, tells both versions, and keeps the image before', async () => {
    const first = await bench.refresh();
    const { status, outcome } = await bench.refresh('--detailed-exitcode --report r.md --metrics m.prom', {
      packages: [{ ...BASE, version: '1.1' }],
      date: '2026-01-03',
    });
    expect(status).toBe(2);
    expect(outcome).toMatchObject({
      result: 'changed',
      reason: 'packages',
      changes: { packages: [{ kind: 'upgraded', name: 'base', before: '1.0', after: '1.1' }] },
    });
    expect(bench.digestOf('base')).toBe(outcome.digest);
    expect(bench.digestOf('base-20260110')).toBe(first.outcome.digest);
    expect(bench.digestOf('base-20260110-2')).toBe(outcome.digest);
    expect(await readFile(join(bench.cwd, 'r.md'), 'utf8')).toContain('| base | upgraded | 1.0 | 1.1 |');
    expect(await readFile(join(bench.cwd, 'm.prom'), 'utf8')).toContain(
      'mkbase_packages_changed{image="base"} 1\n',
    );
  });

  it('rebuilds the images that hold an upgraded package, and no other', async () => {
    await bench.list('with: { include: [extra] }\n  without: {}');
    const extra = (version: string) => ({ packages: [BASE, { name: 'extra', version }] });
    await bench.refresh('', extra('1'));
    const { outcomes } = await bench.refresh('', { ...extra('2'), date: '2026-01-03' });
    const results = outcomes.map(({ name, result }) => `${name} ${result}`).sort();
    expect(results).toEqual(['with changed', 'without unchanged']);
  });

  it('makes the image of a recipe beside the list where that is allowed, and again only where the image changes', async () => {
    const recipe = (rest = '') =>
      writeFile(
        join(bench.cwd, 'acme.yaml'),
        `like: debian:bookworm\ndistribution: acme\nsuite: bookworm\nkeys: [key.asc]\n${rest}`,
      );
    await recipe();
    await bench.list('base: { suite: ./acme.yaml }');
    const first = await bench.refresh('--allow-recipes');
    expect(first).toMatchObject({ status: 0, outcome: { result: 'changed', reason: 'new' } });
    const { config } = JSON.parse(
      bench.registry.repository('base').manifests.get('base')!.bytes.toString(),
    ) as { config: { digest: string } };
    expect(bench.registry.repository('base').blobs.get(config.digest)!.toString()).toContain('acme:bookworm');
    const { digest } = first.outcome;
    expect(await bench.refresh('--allow-recipes')).toMatchObject({
      outcome: { result: 'unchanged', digest },
    });
    await recipe('endOfLife: 2031-01-01\naliases: [heavy]\n');
    expect(await bench.refresh('--allow-recipes')).toMatchObject({
      outcome: { result: 'unchanged', digest },
    });
    await recipe('image: { settings: { cmd: [dash] } }\n');
    expect(await bench.refresh('--allow-recipes')).toMatchObject({ outcome: { result: 'changed' } });
  });

  it('attaches the lock, from which the same image is made', async () => {
    await bench.refresh();
    const lock = [...bench.registry.repository('base').blobs.values()].find((bytes) =>
      bytes.includes('"lockDigest"'),
    );
    expect((await readLocks(lock!.toString(), 'x', LOCK_SECTIONS))[0]).toMatchObject({
      packages: [{ name: 'base' }],
    });
  });

  it.each(['--check', '--dry-run'])('with %s only says what would change', async (option) => {
    const first = await bench.refresh();
    const { status, outcome } = await bench.refresh(`${option} --detailed-exitcode`, {
      packages: [{ ...BASE, version: '1.1' }],
      date: '2026-01-03',
    });
    expect(status).toBe(2);
    expect(outcome).toMatchObject({ result: 'outdated', changes: { packages: [{ after: '1.1' }] } });
    expect(bench.digestOf('base')).toBe(first.outcome.digest);
    expect(bench.registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  });

  it('refuses an index older than that of the image, on a machine that never saw a newer one', async () => {
    const first = await bench.refresh('', { packages: [{ ...BASE, version: '1.1' }], date: '2026-01-03' });
    const { status, outcome } = await bench.refresh('', { date: '2026-01-02' });
    expect(status).toBe(65);
    expect(outcome).toMatchObject({ result: 'failed', error: { code: 'signature/rollback' } });
    expect(bench.digestOf('base')).toBe(first.outcome.digest);
  });

  it('sees that it is to be packed in another way', async () => {
    await bench.refresh();
    await bench.list('base: { compression: none }');
    expect((await bench.refresh()).outcome).toMatchObject({ result: 'changed', reason: 'build' });
  });

  it('makes an image of an earlier mkbase again, says why, and is quiet from then on', async () => {
    await bench.refresh();
    const { manifests } = bench.registry.repository('base');
    const { mediaType, bytes } = manifests.get('base')!;
    const manifest = JSON.parse(bytes.toString());
    const annotations = {
      ...manifest.annotations,
      ...{ 'dev.mkbase.build': '1 gzip', 'dev.mkbase.inputs.digest': `sha256:${'1'.repeat(64)}` },
    };
    manifests.set('base', { mediaType, bytes: Buffer.from(JSON.stringify({ ...manifest, annotations })) });
    const { outcome } = await bench.refresh();
    expect(outcome).toMatchObject({ result: 'changed', reason: 'migration' });
    expect(outcomeText(outcome)).toMatch(/^changed +base: .*an earlier mkbase made it, .* this happens once/);
    expect((await bench.refresh()).outcome.result).toBe('unchanged');
  });

  it('puts a tag that is new in the list on the image that is there', async () => {
    const first = await bench.refresh();
    await bench.list(
      `base: { tags: ["base", "latest"], repository: ["${bench.registry.host}/base", "${bench.registry.host}/copy"] }`,
    );
    const { outcome } = await bench.refresh();
    expect(outcome).toMatchObject({ result: 'changed', reason: 'tags', digest: first.outcome.digest });
    expect(bench.digestOf('latest')).toBe(first.outcome.digest);
    expect(bench.registry.repository('copy').manifests.has('latest')).toBe(true);
    expect((await bench.refresh()).outcome.result).toBe('unchanged');
  });

  it('makes again what mkbase did not make', async () => {
    const foreign = Buffer.from(JSON.stringify({ schemaVersion: 2, annotations: {} }));
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    bench.registry.repository('base').manifests.set('base', { mediaType, bytes: foreign });
    expect((await bench.refresh()).outcome).toMatchObject({ result: 'changed', reason: 'foreign' });
  });

  it('with a key believes only what it signed itself', async () => {
    const pem = () =>
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await writeFile(join(bench.cwd, 'one.pem'), pem());
    await writeFile(join(bench.cwd, 'two.pem'), pem());
    await bench.refresh();
    expect((await bench.refresh('--key one.pem')).outcome).toMatchObject({
      result: 'changed',
      reason: 'unsigned',
    });
    expect((await bench.refresh('--key one.pem')).outcome.result).toBe('unchanged');
    expect((await bench.refresh('--key two.pem')).outcome).toMatchObject({
      result: 'changed',
      reason: 'unsigned',
    });
    expect((await bench.refresh('--key key.asc')).stderr).toContain('config/bad-key');
  });

  it('goes on with the other images where one fails, and ends with status 3 or 65', async () => {
    await bench.list(`good: {}
  down: { mirror: "http://127.0.0.1:9" }
  typo: { include: [nothing-of-this-name] }`);
    // The command line's mirror would hold for all.
    await bench.refresh('--check good');
    await writeFile(
      join(bench.cwd, 'images.yaml'),
      (await readFile(join(bench.cwd, 'images.yaml'), 'utf8')).replace(
        'images:',
        `  mirror: ${bench.mirror.url}\nimages:`,
      ),
    );
    const { world, stdout } = worldOf({ cwd: bench.cwd, env: { PATH: process.env.PATH, HOME: bench.cwd } });
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
    const first = await bench.refresh();
    bench.registry.faults.push({
      ...{ method: 'PUT', path: /manifests\/sha256:/, times: 1 },
      answer: (_, response) => response.writeHead(403).end(),
    });
    const upgraded = { packages: [{ ...BASE, version: '1.1' }], date: '2026-01-03' };
    const { status, outcome } = await bench.refresh('', upgraded);
    expect([status, outcome.error?.code]).toEqual([65, 'registry/denied']);
    expect(bench.digestOf('base')).toBe(first.outcome.digest);
    expect((await bench.refresh('', upgraded)).outcome).toMatchObject({ result: 'changed' });
  });

  it('is put off by a registry that is full, and moves no tag', async () => {
    const first = await bench.refresh();
    bench.registry.faults.push({
      ...{ method: 'PUT', path: /blobs\/uploads/, times: 9 },
      answer: (request, response) => request.resume().on('end', () => response.writeHead(507).end()),
    });
    const upgraded = { packages: [{ ...BASE, version: '1.1' }], date: '2026-01-03' };
    const { status, outcome } = await bench.refresh('', upgraded);
    expect([status, outcome.error?.code]).toEqual([75, 'registry/full']);
    expect(outcome.error?.hint).toContain('mkbase prune');
    expect(bench.digestOf('base')).toBe(first.outcome.digest);
  });

  it('tells a webhook of a failure, signed', async () => {
    const heard: { readonly body: string; readonly signature: unknown }[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const bytes of request) body += bytes;
      heard.push({ body, signature: request.headers['x-mkbase-signature-256'] });
      response.end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    await bench.list('base: {}', `webhook: http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
    await bench.refresh('', { date: '2026-01-03' });
    const { status } = await bench.refresh('--no-check-date', {
      date: '2026-01-02',
      packages: [{ ...BASE, version: '0' }],
    });
    server.close();
    expect(status).toBe(65);
    expect(heard.map(({ body }) => (JSON.parse(body) as Outcome).result)).toEqual(['changed', 'failed']);
    for (const { body, signature } of heard) {
      expect(signature).toBe(`sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`);
    }
  });

  it('logs in for the image and for its process, and fails for good where it cannot', async () => {
    const locked = await openBench({ account: 'me:secret', tokens: true });
    const auth = Buffer.from('me:secret').toString('base64');
    const accounts = JSON.stringify({ auths: { [locked.registry.host]: { auth } } });
    await writeFile(join(locked.cwd, 'auth.json'), accounts);
    await writeFile(join(locked.cwd, 'none.json'), '{}');
    const [first, second] = [
      await locked.refresh('--authfile auth.json'),
      await locked.refresh('--authfile auth.json'),
    ];
    const without = await locked.refresh('--authfile none.json');
    await locked.close();
    expect([first.outcome.result, second.outcome.result]).toEqual(['changed', 'unchanged']);
    expect(without.status).toBe(65);
    expect(without.outcome.error?.code).toMatch(/^registry\/(no-account|unauthorized|denied)$/);
  });

  it('gives a dated tag to no other image, after its own was pruned either', async () => {
    const version = (text: string) => ({ packages: [{ ...BASE, version: text }] });
    await bench.refresh('', version('1'));
    await bench.refresh('', { ...version('2'), date: '2026-01-02' });
    bench.registry.repository('base').manifests.delete('base-20260110');
    const { outcome } = await bench.refresh('', { ...version('3'), date: '2026-01-03' });
    expect(bench.digestOf('base-20260110')).toBeUndefined();
    expect(bench.digestOf('base-20260110-3')).toBe(outcome.digest);
  });

  describe('a moving tag that was set back by hand', () => {
    const version = (text: string, date: string) => ({ packages: [{ ...BASE, version: text }], date });
    const setBack = async () => {
      const first = await bench.refresh('', version('1', '2026-01-01'));
      const second = await bench.refresh('', version('2', '2026-01-02'));
      const { manifests } = bench.registry.repository('base');
      manifests.set('base', manifests.get('base-20260110')!);
      return { first: first.outcome.digest, second: second.outcome.digest! };
    };

    it('is held, with a notice, until the list says otherwise', async () => {
      const { first } = await setBack();
      const held = await bench.refresh('', version('3', '2026-01-03'));
      expect([held.status, held.outcome.result, bench.digestOf('base')]).toEqual([0, 'unchanged', first]);
      expect(held.stderr).toMatch(/base:base` is held where it is: it was set back from `base-20260110-2`/);
      await bench.list('base: { hold: false }');
      const moved = await bench.refresh('', version('3', '2026-01-03'));
      expect([moved.outcome.result, bench.digestOf('base')]).toEqual(['changed', moved.outcome.digest]);
    });

    it('is told from one that a run has not moved yet', async () => {
      const { second } = await setBack();
      bench.registry.repository('base').manifests.delete(second.replace(':', '-'));
      const { outcome } = await bench.refresh('', version('3', '2026-01-03'));
      expect([outcome.result, bench.digestOf('base')]).toEqual(['changed', outcome.digest]);
    });

    it('moves on for who holds a key', async () => {
      const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
      await writeFile(join(bench.cwd, 'refresh.pem'), key);
      await setBack();
      const { outcome } = await bench.refresh('--key refresh.pem', version('3', '2026-01-03'));
      expect(outcome.result).toBe('changed');
    });
  });

  it('leaves a tag where it is that the list holds, with a notice', async () => {
    const first = await bench.refresh();
    await bench.list('base: { hold: true }');
    const { outcome, stderr } = await bench.refresh('', {
      date: '2026-01-02',
      packages: [{ ...BASE, version: '2' }],
    });
    expect([outcome.result, bench.digestOf('base')]).toEqual(['unchanged', first.outcome.digest]);
    expect(stderr).toContain('`hold: true`');
  });

  it('leaves out the documents that a registry does not take, with a warning, and goes on', async () => {
    bench.registry.refuse(/"artifactType"/);
    const { status, outcome, stderr } = await bench.refresh();
    expect([status, outcome.result, outcome.digest]).toEqual([0, 'changed', bench.digestOf('base')]);
    expect(stderr).toMatch(
      /base: warning: `application\/vnd.dev.mkbase.lock.v1\+json` is not kept beside the image/,
    );
    const next = await bench.refresh('', { date: '2026-01-02', packages: [{ ...BASE, version: '9' }] });
    expect([next.status, next.outcome.result, next.outcome.changes]).toEqual([0, 'changed', null]);
  });

  it('is put off by a registry that is down', async () => {
    await bench.registry.close();
    const { status, outcome } = await bench.refresh();
    expect(status).toBe(75);
    expect(outcome.error?.code).toBe('registry/refused');
  });

  it('takes the images of its shard', async () => {
    await bench.list('a: {}\n  b: {}\n  c: {}');
    const names = async (options: string) =>
      (await bench.refresh(`--check ${options}`)).outcomes.map(({ name }) => name);
    const shards = [await names('--shard 0/2'), await names('--shard 1/2')];
    expect(shards.flat().sort()).toEqual(['a', 'b', 'c']);
    expect((await bench.refresh('--shard 2/2')).status).toBe(2);
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
    [
      'a: { suite: --setup-hook=reboot }',
      'config/unknown-suite',
      'there is no recipe for `--setup-hook=reboot`',
    ],
    ['a: { suite: ./acme.yaml }', 'config/recipe-not-allowed', '`a`: `./acme.yaml` is a recipe file'],
    ['a: { arch: sparc }', 'config/unknown-architecture', '`bookworm` has no architecture `sparc`'],
  ])('refuses %j before any work', async (images, code, message) => {
    await bench.list(images);
    const { status, stderr } = await bench.refresh();
    expect(status).toBe(65);
    expect(stderr).toContain(code);
    expect(stderr).toContain(message);
  });

  it('tells of another refresh of the same list', async () => {
    const cache = join(bench.cwd, 'c');
    const { whileLocked } = await import('../../src/refresh/local-lock.ts');
    const { world, stderr } = worldOf({ cwd: bench.cwd });
    await whileLocked(join(bench.cwd, 'images.yaml'), cache, async () => {
      expect(await run(['refresh', 'images.yaml', '--cache-dir', 'c'], world)).toBe(4);
    });
    expect(stderr.text()).toContain(`is being refreshed by process ${process.pid}`);
  });
});
