import { execFileSync } from 'node:child_process';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectionText } from '../../src/cli/inspect.ts';
import { makeImage, makeIndex } from '../../src/image/image.ts';
import { layerInFile, packLayer } from '../../src/image/pack-layer.ts';
import { inspectImage } from '../../src/inspect/inspect.ts';
import { folderOfFile } from '../support/folder.ts';
import { OPTIONS } from '../support/image.ts';
import { buildTar, type TarSpec } from '../support/tar.ts';

async function layerOf(...specs: TarSpec[]) {
  return layerOfTar(buildTar(specs));
}

async function layerOfTar(bytes: Buffer) {
  const file = join(await folderOfFile(), 'layer');
  const tar = async function* () {
    yield bytes;
  };
  return layerInFile(await packLayer(tar(), { file, codec: 'none' }), { file, format: 'oci' });
}

async function packagesOf(...layers: TarSpec[][]) {
  const made = await Promise.all(layers.map((specs) => layerOf(...specs)));
  const { images } = await inspectImage(makeImage(made, { ...OPTIONS, history: made.map(() => 'x') }));
  return images[0]!.packages.map(({ name, version, arch }) => `${name} ${version} ${arch}`);
}

const STATUS = `Package: b
Status: install ok installed
Architecture: amd64
Version: 2:1.0-1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: a
Status: install ok unpacked
Architecture: all
Version: 1
`;

describe('packages are read from', () => {
  test("dpkg's status, without those of which only settings are left", async () => {
    const found = await packagesOf([{ path: './var/lib/dpkg/status', content: STATUS }]);
    expect(found).toEqual(['a 1 all', 'b 2:1.0-1 amd64']);
  });

  test('status.d, as images without dpkg have it', async () => {
    const found = await packagesOf([
      { path: 'var/lib/dpkg/status.d/base', content: 'Package: base\nVersion: 1\nArchitecture: all\n' },
      { path: 'var/lib/dpkg/status.d/base.md5sums', content: 'Package: no\nVersion: 1\n' },
    ]);
    expect(found).toEqual(['base 1 all']);
  });

  test('a layer with sparse files, as tar makes them', async () => {
    const root = await folderOfFile();
    await mkdir(join(root, 'var/lib/dpkg'), { recursive: true });
    await writeFile(join(root, 'var/lib/dpkg/status'), STATUS);
    await writeFile(join(root, 'sparse'), '');
    await truncate(join(root, 'sparse'), 3 * 2 ** 30);
    const options = ['--format=posix', '--sparse', '-C', root, '-c', '.'];
    const layer = await layerOfTar(execFileSync('tar', options));
    const { images } = await inspectImage(makeImage([layer], OPTIONS));
    expect(images[0]!.packages).toHaveLength(2);
  });

  test.each(['lib/apk/db/installed', 'usr/lib/apk/db/installed'])("apk's %s", async (path) => {
    const content =
      'C:Q1x\nP:musl\nV:1.2.5-r0\nA:x86_64\n\nP:busybox\nV:1.37.0-r0\nA:x86_64\nF:bin\nR:busybox\n\n';
    expect(await packagesOf([{ path, content }])).toEqual([
      'busybox 1.37.0-r0 x86_64',
      'musl 1.2.5-r0 x86_64',
    ]);
  });

  test('the last layer that has the database', async () => {
    const path = 'var/lib/dpkg/status';
    const found = await packagesOf(
      [{ path, content: STATUS }],
      [{ path, content: STATUS.split('\n\n')[0]! }],
    );
    expect(found).toEqual(['b 2:1.0-1 amd64']);
  });

  test.each<[string, TarSpec[]]>([
    ['of the file', [{ path: 'var/lib/dpkg/.wh.status' }]],
    ['of a directory above', [{ path: 'var/lib/.wh.dpkg' }]],
    ['of all in a directory', [{ path: 'var/lib/.wh..wh..opq' }]],
    ['that stands after what is new', [{ path: 'var/lib/x' }, { path: '.wh.var' }]],
  ])('no database that a later layer removes by a whiteout %s', async (_, specs) => {
    expect(await packagesOf([{ path: 'var/lib/dpkg/status', content: STATUS }], specs)).toEqual([]);
  });
});

test('a layer of another diffID is refused', async () => {
  const layer = { ...(await layerOf({ path: 'x' })), diffId: `sha256:${'0'.repeat(64)}` as const };
  await expect(inspectImage(makeImage([layer], OPTIONS))).rejects.toThrow(
    expect.objectContaining({ code: 'image/digest-mismatch' }),
  );
});

describe('the text for a person', () => {
  const image = async (architecture: string) => {
    const layer = await layerOf(
      { path: 'usr/lib/os-release', content: 'PRETTY_NAME="Test GNU/Linux 1"\n' },
      { path: 'var/lib/dpkg/status', content: STATUS },
    );
    return makeImage([layer], {
      ...OPTIONS,
      platform: { architecture, os: 'linux' },
      settings: {
        ...{
          user: 'app',
          exposedPorts: ['80/tcp'],
          env: ['A=1', 'B=\u001b[31m'],
          entrypoint: ['/app', '-x'],
        },
        ...{
          volumes: ['/data'],
          workdir: '/srv',
          labels: { a: 'b' },
          stopSignal: 'SIGINT',
          author: 'A <a@b>',
        },
      },
    });
  };

  test('of an image', async () => {
    const text = inspectionText(await inspectImage(await image('amd64')));
    await expect(text).toMatchFileSnapshot('../golden/inspect.txt');
  });

  test('of an index', async () => {
    const index = makeIndex([await image('amd64'), await image('arm64')], {
      format: 'oci',
      annotations: { a: 'b' },
    });
    const text = inspectionText(await inspectImage(index));
    await expect(text).toMatchFileSnapshot('../golden/inspect-index.txt');
  });
});
