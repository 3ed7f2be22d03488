import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDocker } from '../support/dockerd.ts';
import { buildTar, type TarSpec } from '../support/tar.ts';
import { differences, dumpTree } from '../support/tree-dump.ts';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';

/** One of each kind that a layer can hold, and what readers of tars get wrong most often. */
const ROOTFS: readonly TarSpec[] = [
  { path: './', type: 'directory' },
  { path: 'bin', type: 'symlink', target: 'usr/bin' },
  { path: 'dev', type: 'directory' },
  { path: 'dev/null', type: 'char', device: [1, 3], mode: 0o666 },
  { path: 'dev/sda', type: 'block', device: [8, 0], mode: 0o660, gid: 6 },
  { path: 'etc', type: 'directory' },
  { path: 'etc/hosts', content: '' },
  { path: `etc/${'n'.repeat(200)}`, content: 'a long name' },
  { path: 'etc/caf\xe9', content: 'latin1' },
  { path: 'etc/line\nbreak', content: 'newline' },
  { path: 'etc/link', type: 'symlink', target: 't'.repeat(150) },
  { path: 'etc/user', content: 'u', uid: 3_000_000, gid: 4_294_967_294 },
  { path: 'run', type: 'directory' },
  { path: 'run/fifo', type: 'fifo', mode: 0o600 },
  { path: 'tmp', type: 'directory', mode: 0o1777 },
  { path: 'usr', type: 'directory' },
  { path: 'usr/bin', type: 'directory' },
  { path: 'usr/bin/ping', content: 'p', pax: { 'SCHILY.xattr.security.capability': capability() } },
  { path: 'usr/bin/su', content: 's', mode: 0o4755 },
  { path: 'usr/bin/wall', content: 'w', mode: 0o2755, gid: 5 },
  { path: 'usr/bin/zzz', type: 'hardlink', target: 'usr/bin/su' },
  { path: 'usr/large', content: Buffer.alloc(3_000_000, 'mkbase ') },
];

/** `cap_net_raw=ep`, as setcap(8) writes it. */
function capability(): Buffer {
  return Buffer.from('0100000200200000000000000000000000000000', 'hex');
}

type Tree = ReadonlyMap<string, string>;

describeWith(['root', 'tar', 'dockerd', 'docker', 'podman', 'skopeo', 'umoci'], 'an image loads in', () => {
  let folder: string;
  let expected: Tree;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-images-'));
    await chmod(folder, 0o755);
    await writeFile(at('rootfs.tar'), buildTar(ROOTFS));
    await mkdir(at('expected'));
    const options = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '-xpf'];
    await run('tar', ['-C', at('expected'), ...options, at('rootfs.tar')]);
    expected = treeOf(at('expected'));
    expect(expected.size).toBe(ROOTFS.length - 1);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  describe('docker, with an empty store', () => {
    it.each([
      ['gzip', 'oci'],
      ['none', 'oci'],
      ['gzip', 'docker'],
    ])('packed with %s, of format %s', async (compression, format) => {
      const file = await made('docker-archive', { compression, format });
      expect(differences(expected, await inDocker(file))).toEqual([]);
    });

    it('not packed with zstd, as the manual says', async () => {
      const file = await made('docker-archive', { compression: 'zstd' });
      await expect(inDocker(file)).rejects.toThrow(/archive\/tar: invalid tar header|unexpected EOF/);
    });

    it('over its socket', async () => {
      const docker = await startDocker();
      if (docker === null) throw new Error('dockerd does not start');
      try {
        await made('docker-daemon', { env: { DOCKER_HOST: docker.host } });
        expect(differences(expected, await dockerTree(docker.host))).toEqual([]);
      } finally {
        await docker.stop();
      }
    });
  });

  describe('podman, with an empty store', () => {
    it.each([
      ['docker-archive', 'gzip'],
      ['docker-archive', 'none'],
      ['docker-archive', 'zstd'],
      ['oci-archive', 'gzip'],
      ['oci-archive', 'zstd'],
    ])('from %s, packed with %s', async (form, compression) => {
      const { tree, names } = await inPodman(await made(form, { compression }));
      expect(differences(expected, tree)).toEqual([]);
      if (form === 'docker-archive') expect(names).toBe('docker.io/library/base:v1\n');
    });
  });

  describe('skopeo and umoci', () => {
    it.each([
      ['docker-archive', 'docker-archive', 'gzip'],
      ['docker-archive', 'docker-archive', 'none'],
      ['docker-archive', 'oci-archive', 'gzip'],
      ['oci-archive', 'oci-archive', 'gzip'],
      ['oci-archive', 'oci-archive', 'none'],
    ])('from %s read as %s, packed with %s', async (form, transport, compression) => {
      const file = await made(form, { compression });
      const layout = fresh();
      const name = transport === 'docker-archive' ? ':base:v1' : '';
      await run('skopeo', ['--insecure-policy', 'copy', `${transport}:${file}${name}`, `oci:${layout}:v1`]);
      expect(differences(expected, await unpacked(layout))).toEqual([]);
    });

    it.each(['gzip', 'none'])('from a layout, packed with %s, with its own digest', async (compression) => {
      const layout = await made('oci', { compression });
      expect(differences(expected, await unpacked(layout))).toEqual([]);
      const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
      const digest = await run('skopeo', ['inspect', '--format', '{{.Digest}}', `oci:${layout}:v1`]);
      expect(digest.trim()).toBe(manifests[0].digest);
    });

    it('unpacked from the archive for docker, which is a layout too', async () => {
      const layout = fresh();
      await mkdir(layout);
      await run('tar', ['-C', layout, '-xf', await made('docker-archive', {})]);
      expect(differences(expected, await unpacked(layout))).toEqual([]);
    });

    it('packed with zstd in skopeo, and not in umoci, as the manual says', async () => {
      const layout = await made('oci', { compression: 'zstd' });
      await run('skopeo', ['--insecure-policy', 'copy', `oci:${layout}:v1`, `dir:${fresh()}`]);
      await expect(unpacked(layout)).rejects.toThrow(/blob is not correct mediatype/);
    });
  });

  describe('mkbase again, with the same digest', () => {
    it.each(['skopeo', 'docker', 'podman'])('after %s had it', async (program) => {
      const file = await made('docker-archive', {});
      const saved = fresh();
      const before = JSON.parse(await mkbase(['inspect', file, '--json']));
      if (program === 'skopeo') {
        await run('skopeo', ['--insecure-policy', 'copy', `oci-archive:${file}`, `oci:${saved}:v1`]);
      } else if (program === 'docker') {
        await inDocker(file, (docker) => docker(['save', '-o', saved, 'base:v1']));
      } else {
        await inPodman(file, (podman) => podman(['save', '--format=docker-archive', '-o', saved, 'base:v1']));
      }
      const after = JSON.parse(await mkbase(['inspect', saved, '--json']));
      expect(after.images[0].layers[0].diffId).toBe(before.images[0].layers[0].diffId);
      expect(after.images[0].config).toEqual(before.images[0].config);
      if (program === 'skopeo') expect(after.digest).toBe(before.digest);
      if (program === 'docker') expect(after.images[0].id).toBe(before.images[0].id);
    });
  });

  interface Making {
    readonly compression?: string;
    readonly format?: string;
    readonly env?: Readonly<Record<string, string>>;
  }

  async function made(form: string, { compression = 'gzip', format = 'oci', env }: Making): Promise<string> {
    const path = fresh();
    const target = form === 'docker-daemon' ? 'docker-daemon:base:v1' : `${form}:${path}:${nameIn(form)}`;
    const options = [`--compression=${compression}`, `--format=${format}`, '--arch=amd64', '--quiet'];
    const settings = ['--cmd=["/bin/su"]', '--env=A=b', '--label=c=d'];
    await mkbase(['import', at('rootfs.tar'), target, ...options, ...settings], env);
    return path;
  }

  async function inDocker(
    file: string,
    also: (docker: (args: readonly string[]) => Promise<string>) => Promise<unknown> = async () => {},
  ): Promise<Tree> {
    const docker = await startDocker();
    if (docker === null) throw new Error('dockerd does not start');
    try {
      await run('docker', ['-H', docker.host, 'load', '-i', file]);
      await also((args) => run('docker', ['-H', docker.host, ...args]));
      return await dockerTree(docker.host);
    } finally {
      await docker.stop();
    }
  }

  async function dockerTree(host: string): Promise<Tree> {
    const format = '{{.GraphDriver.Data.UpperDir}}';
    const directory = await run('docker', ['-H', host, 'inspect', '-f', format, 'base:v1']);
    return treeOf(directory.trim());
  }

  async function inPodman(
    file: string,
    also: (podman: (args: readonly string[]) => Promise<string>) => Promise<unknown> = async () => {},
  ): Promise<{ tree: Tree; names: string }> {
    const store = fresh();
    const podman = (args: readonly string[]) =>
      run('podman', [`--root=${store}/root`, `--runroot=${store}/run`, '--storage-driver=vfs', ...args]);
    await podman(['load', '-i', file]);
    const id = (await podman(['images', '--quiet'])).trim();
    const tree = treeOf((await podman(['image', 'mount', id])).trim());
    const names = await podman(['images', '--format', '{{.Repository}}:{{.Tag}}']);
    await also(podman);
    return { tree, names };
  }

  async function unpacked(layout: string): Promise<Tree> {
    const directory = fresh();
    await run('umoci', ['raw', 'unpack', '--image', `${layout}:v1`, directory]);
    return treeOf(directory);
  }

  function fresh(): string {
    return at(`x${counter++}`);
  }

  function at(name: string): string {
    return join(folder, name);
  }
});

let counter = 0;

function nameIn(form: string): string {
  return form === 'docker-archive' ? 'base:v1' : 'v1';
}

/** Without the root itself: docker, podman and umoci each make it as they like. */
function treeOf(directory: string): Tree {
  const tree = new Map(dumpTree(directory));
  tree.delete('');
  return tree;
}

async function mkbase(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  return run('env', [
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    process.execPath,
    MAIN,
    ...args,
  ]);
}
