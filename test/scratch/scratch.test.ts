import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { LOCK_SECTIONS } from '../../src/families/index.ts';
import { readTar, type TarEntry } from '../../src/formats/tar.ts';
import { readLocks } from '../../src/lock/lock-file.ts';
import { buildElf } from '../support/elf.ts';
import { collector } from '../support/streams.ts';
import { TEST_CERTIFICATE } from '../support/tls.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-scratch-test-'));
});
afterEach(() => rm(cwd, { recursive: true }));

async function scratch(line: string) {
  const [stdout, stderr] = [collector(), collector()];
  const { signal } = new AbortController();
  const status = await run(['scratch', ...line.split(' ')], {
    env: {},
    cwd,
    stdin: async () => '',
    stdout,
    stderr,
    signal,
  });
  return { status, out: stdout.text(), err: stderr.text() };
}

async function blob(layout: string, digest: string): Promise<Buffer> {
  return readFile(join(cwd, layout, 'blobs', digest.replace(':', '/')));
}

async function json(layout: string, digest: string) {
  return JSON.parse((await blob(layout, digest)).toString());
}

/** The first image of a layout. */
async function imageIn(layout: string) {
  const index = JSON.parse(await readFile(join(cwd, layout, 'index.json'), 'utf8'));
  return unpacked(layout, index.manifests[0].digest);
}

async function unpacked(layout: string, digest: string) {
  const manifest = await json(layout, digest);
  const config = await json(layout, manifest.config.digest);
  const layer = readTar(gunzipSync(await blob(layout, manifest.layers[0].digest)));
  return { config, files: new Map(layer.map((entry): [string, TarEntry] => [entry.path, entry])) };
}

describe('mkbase scratch', () => {
  it('makes an image around a program that starts it as nonroot', async () => {
    await writeFile(join(cwd, 'app'), buildElf({ machine: 183 }));
    expect(await scratch('./app oci:out:1 --quiet')).toMatchObject({ status: 0, err: '' });
    const { config, files } = await imageIn('out');
    expect(config).toMatchObject({
      architecture: 'arm64',
      config: { User: '65532:65532', Entrypoint: ['/app'], WorkingDir: '/' },
    });
    expect([...files.keys()]).toEqual([
      ...['./', 'app', 'etc/', 'etc/group', 'etc/nsswitch.conf', 'etc/passwd'],
      ...['home/', 'home/nonroot/', 'root/', 'tmp/'],
    ]);
    expect(files.get('app')).toMatchObject({ mode: 0o755, uid: 0, mtime: 0 });
    expect(files.get('tmp/')).toMatchObject({ mode: 0o1777 });
    const [lock] = await readLocks(await readFile(join(cwd, 'out.lock.json'), 'utf8'), 'lock', LOCK_SECTIONS);
    expect(lock).toMatchObject({ variant: 'scratch', arch: 'arm64', packages: [], epoch: 0 });
    expect(lock?.image.programs).toMatchObject([{ path: 'app', size: buildElf().length }]);
  });

  it('makes the same image of the same programs, and an empty one of none', async () => {
    await writeFile(join(cwd, 'app'), buildElf());
    const first = await scratch('app oci:a --quiet');
    expect(first.out).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect(await scratch('app oci:b --quiet')).toEqual(first);
    expect((await scratch('oci:c --arch amd64')).status).toBe(0);
    const { config, files } = await imageIn('c');
    expect(config.config.Entrypoint).toBeUndefined();
    expect(files.has('etc/passwd')).toBe(true);
  });

  it('makes an index of programs of several architectures', async () => {
    await writeFile(join(cwd, 'app-amd64'), buildElf());
    await writeFile(join(cwd, 'app-arm64'), buildElf({ machine: 183 }));
    expect((await scratch('app-amd64 app-arm64 oci:out')).status).toBe(0);
    const { manifests } = JSON.parse(await readFile(join(cwd, 'out/index.json'), 'utf8'));
    const index = await json('out', manifests[0].digest);
    const images = await Promise.all(
      index.manifests.map(({ digest }: { digest: string }) => unpacked('out', digest)),
    );
    expect(images.map(({ config }) => config.architecture)).toEqual(['amd64', 'arm64']);
    expect(images.map(({ config }) => config.config.Entrypoint)).toEqual([['/app'], ['/app']]);
  });

  it('adds content, accounts, certificates and settings', async () => {
    await writeFile(join(cwd, 'app'), buildElf());
    await writeFile(join(cwd, 'conf'), 'x');
    await writeFile(join(cwd, 'own.pem'), TEST_CERTIFICATE);
    const { status } = await scratch(
      'app:/usr/bin/ oci:out --add conf:/etc/app/conf:0600:10:10 --account app:10 --user app --ca-file own.pem --cmd ["serve"]',
    );
    expect(status).toBe(0);
    const { config, files } = await imageIn('out');
    expect(config.config).toMatchObject({
      ...{ User: '10:10', Entrypoint: ['/usr/bin/app'], Cmd: ['serve'] },
      Env: [expect.stringMatching(/^PATH=/), 'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'],
    });
    expect(files.get('etc/app/conf')).toMatchObject({ mode: 0o600, uid: 10, gid: 10 });
    expect(files.get('etc/ssl/certs/ca-certificates.crt')?.body.toString()).toBe(TEST_CERTIFICATE);
    expect(files.get('usr/local/share/ca-certificates/own.crt')?.body.toString()).toBe(TEST_CERTIFICATE);
  });

  it.each([
    ['binary/dynamic', buildElf({ interpreter: '/lib64/ld-linux-x86-64.so.2' })],
    ['binary/script', Buffer.from('#!/bin/sh\n')],
    ['binary/library', buildElf({ type: 3, soname: 'libx.so.1' })],
    ['binary/bad-elf', buildElf().subarray(0, 40)],
  ])('writes nothing when it refuses with %s', async (code, bytes) => {
    await writeFile(join(cwd, 'app'), bytes);
    const { status, out } = await scratch('./app oci:out --json');
    expect([status, JSON.parse(out)]).toMatchObject([11, { code }]);
    expect(existsSync(join(cwd, 'out'))).toBe(false);
  });

  it('refuses what is added below a program, and a program below what is added', async () => {
    await writeFile(join(cwd, 'app'), buildElf());
    await writeFile(join(cwd, 'f'), 'x');
    for (const line of ['app oci:out --add f:/app/f', 'app:/etc/f/app oci:out --add f:/etc/f']) {
      expect(await scratch(line)).toMatchObject({
        status: 2,
        err: expect.stringContaining('is not a directory'),
      });
    }
    expect(existsSync(join(cwd, 'out'))).toBe(false);
  });

  it('takes a script whose interpreter is added', async () => {
    await writeFile(join(cwd, 'start'), '#!/bin/sh\n');
    await writeFile(join(cwd, 'sh'), buildElf());
    expect((await scratch('start oci:out --add sh:/bin/sh:0755')).status).toBe(0);
  });

  it('tells programs what it made, in the form of the schema of events', async () => {
    await writeFile(join(cwd, 'app'), buildElf());
    const schema = await readFile(new URL('../../docs/events.schema.json', import.meta.url), 'utf8');
    const validate = new Ajv({ allowUnionTypes: true }).compile(JSON.parse(schema));
    const { out } = await scratch('app oci:out --json --sbom spdx');
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const event of events) expect(validate(event) ? [] : validate.errors).toEqual([]);
    expect(events.at(-1)).toMatchObject({
      ...{ type: 'result', packages: 0, lockFile: join(cwd, 'out.lock.json') },
      sbomFiles: [join(cwd, 'out.spdx.json')],
    });
  });

  it('refuses a TARGET that is no image, and another architecture than was asked for', async () => {
    await writeFile(join(cwd, 'app'), buildElf());
    expect(await scratch('app ./dir')).toMatchObject({ status: 2, err: expect.stringContaining('no image') });
    expect(await scratch('app oci:out --arch arm64')).toMatchObject({
      status: 11,
      err: expect.stringContaining('is for `amd64`, and the image for `arm64`'),
    });
  });
});
