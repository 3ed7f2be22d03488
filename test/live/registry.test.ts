import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import {
  type DockerRegistry,
  PASSWORD,
  type RegistryKind,
  startDockerRegistry,
  USER,
} from '../support/docker-registry.ts';
import { type Docker, startDocker } from '../support/dockerd.ts';
import { TEST_CERTIFICATE } from '../support/tls.ts';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';

const KINDS: readonly RegistryKind[] = ['open', 'htpasswd', 'tokens'];
const SECRETS = [PASSWORD, Buffer.from(`${USER}:${PASSWORD}`).toString('base64'), 'Bearer', 'eyJ'];

describeWith(['docker-registry', 'skopeo'], 'registries', () => {
  let folder: string;
  const registries = new Map<RegistryKind, DockerRegistry>();
  const nameAt = (kind: RegistryKind, name = 'team/base:bookworm') => `${registries.get(kind)!.host}/${name}`;

  /** The program, with its events; `account` names the file of accounts that it finds. */
  const mkbase = async (args: readonly string[], account = 'auth.json') => {
    const env = {
      ...process.env,
      HOME: folder,
      REGISTRY_AUTH_FILE: join(folder, account),
      NODE_EXTRA_CA_CERTS: join(folder, 'cert'),
    };
    const child = spawn(process.execPath, [MAIN, ...args, '--verbose'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    const status = await new Promise<number | null>((done) => child.once('close', done));
    return { status, output };
  };
  const build = (...targets: readonly string[]) => {
    return ['bookworm', '--scripts=skip', ...targets.flatMap((target) => ['--to', target])];
  };

  let first: { status: number | null; output: string };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-registry-'));
    for (const kind of KINDS) registries.set(kind, await startDockerRegistry(kind));
    const auth = (password: string) => {
      const account = { auth: Buffer.from(`${USER}:${password}`).toString('base64') };
      const hosts = [...registries.values()].map(({ host }) => [host, account]);
      return JSON.stringify({ auths: Object.fromEntries(hosts) });
    };
    await writeFile(join(folder, 'auth.json'), auth(PASSWORD));
    await writeFile(join(folder, 'wrong.json'), auth('wrong-password'));
    await writeFile(join(folder, 'cert'), TEST_CERTIFICATE);
    const targets = KINDS.map((kind) => `docker://${nameAt(kind)}`);
    first = await mkbase([
      ...build(`oci:${folder}/layout:bookworm`, ...targets),
      '--digest-file',
      `${folder}/digest`,
    ]);
  });
  afterAll(async () => {
    for (const registry of registries.values()) await registry.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('take an image, open, with passwords over TLS, and with tokens, from one build', () => {
    expect(first.output).not.toContain('error:');
    expect(first.status).toBe(0);
  });

  it.each(KINDS)('give skopeo the same image back: %s', async (kind) => {
    const args = ['--src-tls-verify=false', '--src-authfile', join(folder, 'auth.json')];
    await run('skopeo', ['copy', ...args, `docker://${nameAt(kind)}`, `oci:${folder}/${kind}:x`]);
    const digest = await readFile(join(folder, 'digest'), 'utf8');
    expect((await run('skopeo', ['inspect', '--format={{.Digest}}', `oci:${folder}/${kind}:x`])).trim()).toBe(
      digest,
    );
  });

  it('are sent nothing the second time', async () => {
    const targets = KINDS.map((kind) => `docker://${nameAt(kind)}`);
    const { status, output } = await mkbase(build(...targets));
    expect(status).toBe(0);
    expect(output).toMatch(/HEAD 200 .*blobs/);
    expect(output).not.toMatch(/\b(PUT|PATCH) \d/);
  });

  it('mount what another of their repositories has', async () => {
    const { status, output } = await mkbase([
      ...build(`docker://${nameAt('tokens', 'a/base:1')}`),
      '--tag',
      nameAt('tokens', 'b/base:1'),
    ]);
    expect(status).toBe(0);
    expect(output.match(/PUT 201 .*\/b\/base\/blobs/g)).toBeNull();
    expect(output).toMatch(/POST 201 .*\/b\/base\/blobs/);
  });

  it('take chunks', async () => {
    const { status, output } = await mkbase([
      ...build(`docker://${nameAt('open', 'chunks:1')}`),
      '--chunk-size=10M',
    ]);
    expect(status).toBe(0);
    expect(output.match(/PATCH 202/g)?.length).toBeGreaterThan(3);
    await run('skopeo', ['inspect', '--tls-verify=false', `docker://${nameAt('open', 'chunks:1')}`]);
  });

  it.each<[RegistryKind, string, string]>([
    ['htpasswd', 'wrong.json', 'the account is not accepted'],
    ['tokens', 'wrong.json', 'the account is not accepted'],
    ['htpasswd', 'none.json', 'asks for an account'],
    ['tokens', 'none.json', 'asks for an account'],
  ])('refuse who may not write: %s with %s', async (kind, account, message) => {
    const { status, output } = await mkbase(build(`docker://${nameAt(kind, 'new/base:1')}`), account);
    expect(output).toContain(message);
    expect(output).not.toContain('stage');
    expect(output).not.toContain('wrong-password');
    expect(status).toBe(12);
  });

  it('survive connections that are cut in the middle of a layer', async () => {
    const proxy = await startCuttingProxy(registries.get('open')!.host, { cuts: 3, after: 5_000_000 });
    const { status, output } = await mkbase([
      ...['push', `${folder}/layout`, `docker://${proxy.host}/cut/base:1`],
    ]);
    proxy.close();
    expect(output.match(/registry\/cut: again/g)).toHaveLength(3);
    expect(status).toBe(0);
    const args = ['--format={{.Digest}}', '--tls-verify=false', `docker://${nameAt('open', 'cut/base:1')}`];
    expect((await run('skopeo', ['inspect', ...args])).trim()).toBe(
      await readFile(`${folder}/digest`, 'utf8'),
    );
  });

  it('give an image from one to the other, and from what is made before', async () => {
    const digest = await readFile(join(folder, 'digest'), 'utf8');
    const copied = await mkbase([
      'copy',
      `docker://${nameAt('htpasswd')}`,
      `docker://${nameAt('tokens', 'copy/base:1')}`,
    ]);
    expect(copied.output).toContain(digest);
    const within = await mkbase([
      'copy',
      `docker://${nameAt('tokens')}`,
      `docker://${nameAt('tokens', 'mounted/base:1')}`,
    ]);
    expect(within.output).not.toMatch(/PUT \d+ .*blobs/);
    expect(within.status).toBe(0);
    await mkbase(['copy', `docker://${nameAt('tokens', 'mounted/base:1')}`, `oci:${folder}/back:x`]);
    expect((await run('skopeo', ['inspect', '--format={{.Digest}}', `oci:${folder}/back:x`])).trim()).toBe(
      digest,
    );
  });

  describeWith(['root'], 'one that is full', () => {
    it('says so, and gets no tag', async () => {
      const full = await startDockerRegistry('open', '2m');
      onTestFinished(full.stop);
      const pushed = await mkbase(['copy', `oci:${folder}/layout`, `docker://${full.host}/base:1`]);
      expect(pushed.output).toContain('the registry has no room left');
      expect(pushed.status).toBe(12);
      const absent = await mkbase(['copy', `docker://${full.host}/base:1`, `oci:${folder}/none:x`]);
      expect(absent.output).toContain('there is no image');
    });
  });

  it('have no image that is not there', async () => {
    const absent = await mkbase(['copy', `docker://${nameAt('open', 'no/such:1')}`, `oci:${folder}/none:x`]);
    expect(absent).toMatchObject({ status: 12, output: expect.stringContaining('there is no image') });
  });

  it('are told no secret in any log, and tell none', async () => {
    const logs = await Promise.all([...registries.values()].map(({ log }) => log()));
    for (const secret of SECRETS) expect(first.output).not.toContain(secret);
    for (const log of logs) expect(log).not.toContain(PASSWORD);
  });

  describeWith(['root', 'dockerd', 'docker'], 'docker', () => {
    let docker: Docker | null;
    beforeAll(async () => {
      docker = await startDocker();
      await writeFile(join(folder, 'config.json'), await readFile(join(folder, 'auth.json')));
    });
    afterAll(() => docker?.stop());

    it.each(KINDS)('pulls what was pushed, with the same digest: %s', async (kind) => {
      if (docker === null) return;
      const digest = await readFile(join(folder, 'digest'), 'utf8');
      const env = { ...process.env, DOCKER_HOST: docker.host, DOCKER_CONFIG: folder };
      const { stdout } = await promisify(execFile)('docker', ['pull', nameAt(kind)], { env });
      expect(stdout).toContain(`Digest: ${digest}`);
    });
  });
});

/** Passes everything on, but ends the first `cuts` connections that have sent `after` bytes. */
async function startCuttingProxy(
  to: string,
  { cuts, after }: { readonly cuts: number; readonly after: number },
): Promise<{ readonly host: string; readonly close: () => void }> {
  const [hostname, port] = to.split(':');
  let left = cuts;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let bytes = 0;
    client.on('data', (piece) => {
      bytes += piece.length;
      if (bytes < after || left === 0) return;
      left--;
      client.destroy();
      upstream.destroy();
    });
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
