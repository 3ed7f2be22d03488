import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { buildElf } from '../support/elf.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { collector } from '../support/streams.ts';

let cwd: string;
let registry: TestRegistry;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-sbom-test-'));
  registry = await startRegistry();
  await writeFile(join(cwd, 'app'), buildElf());
});
afterEach(async () => {
  await registry.close();
  await rm(cwd, { recursive: true });
});

async function mkbase(line: string) {
  const [stdout, stderr] = [collector(), collector()];
  const { signal } = new AbortController();
  const env = { XDG_CACHE_HOME: join(cwd, 'cache') };
  const status = await run(line.split(' '), { env, cwd, stdout, stderr, signal, stdin: async () => '' });
  return { status, out: stdout.text(), err: stderr.text() };
}

describe('mkbase sbom', () => {
  it('makes of an image and of its lock what was written beside it', async () => {
    expect(await mkbase('scratch app oci:out --sbom=spdx,cyclonedx -q')).toMatchObject({ status: 0 });
    const [spdx, cyclonedx] = await Promise.all(
      ['out.spdx.json', 'out.cdx.json'].map((name) => readFile(join(cwd, name), 'utf8')),
    );
    expect(JSON.parse(spdx!)).toMatchObject({ spdxVersion: 'SPDX-2.3' });
    expect((await mkbase('sbom oci:out')).out).toBe(spdx);
    expect((await mkbase('sbom out.lock.json --format cyclonedx')).out).toBe(cyclonedx);
  });

  it('finds the lock of an image in a registry, where it was pushed with it', async () => {
    const name = `docker://${registry.host}/app:1`;
    expect(await mkbase(`scratch app ${name} --sbom spdx -q`)).toMatchObject({ status: 0, err: '' });
    const { status, out } = await mkbase(`sbom ${name}`);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ packages: [{}, { name: '/app' }, {}, {}, {}] });
    await mkbase(`scratch app docker://${registry.host}/other:1 -q`);
    expect(await mkbase(`sbom docker://${registry.host}/other:1`)).toMatchObject({
      status: 10,
      err: expect.stringContaining('there is no lock beside'),
    });
  });

  it('takes no other lock for that of an image, and none of an image that it did not make', async () => {
    await mkbase('scratch app oci:out -q');
    await writeFile(join(cwd, 'tool'), buildElf({ text: 'other' }));
    await mkbase('scratch tool oci:other -q');
    await cp(join(cwd, 'other.lock.json'), join(cwd, 'out.lock.json'));
    expect((await mkbase('sbom oci:out')).err).toContain('is not that of the image `oci:out`');
    await rm(join(cwd, 'out.lock.json'));
    expect((await mkbase('sbom oci:out')).err).toContain('there is no lock');
  });

  it('asks which of several images is meant, and refuses a place that cannot hold one', async () => {
    await writeFile(join(cwd, 'arm'), buildElf({ machine: 183 }));
    await mkbase('scratch app arm oci:out --sbom spdx -q');
    expect((await mkbase('sbom oci:out')).err).toContain('images of several architectures');
    const { out } = await mkbase('sbom oci:out --arch arm64');
    expect(out).toBe(await readFile(join(cwd, 'out.arm64.spdx.json'), 'utf8'));
    expect(await mkbase('scratch app docker-daemon:x --sbom spdx')).toMatchObject({
      status: 2,
      err: expect.stringContaining('there is no place for `--sbom`'),
    });
  });
});
