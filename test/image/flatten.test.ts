import { describe, expect, it } from 'vitest';
import { bytesBlob } from '../../src/image/blob.ts';
import { flatten } from '../../src/image/flatten.ts';
import { makeImage } from '../../src/image/image.ts';
import { OPTIONS } from '../support/image.ts';
import { buildTar, type TarSpec } from '../support/tar.ts';

async function flatOf(...layers: readonly (readonly TarSpec[])[]) {
  const blobs = layers.map((entries) => {
    const blob = bytesBlob('application/vnd.oci.image.layer.v1.tar', buildTar(entries));
    return { ...blob, diffId: blob.digest };
  });
  const { tree, read, close } = await flatten(makeImage(blobs, OPTIONS));
  const files = [...tree].map(([path, entry]) => [
    path,
    entry.type === 'file' ? read(path).toString() : entry.type,
  ]);
  await close();
  return Object.fromEntries(files.sort());
}

const LOWER: readonly TarSpec[] = [
  { path: 'etc', type: 'directory' },
  { path: 'etc/a', content: 'a' },
  { path: 'etc/b', content: 'b' },
  { path: 'var', type: 'directory' },
  { path: 'var/c', content: 'c' },
];

describe('flatten', () => {
  it('puts layers one on the other', async () => {
    expect(await flatOf(LOWER, [{ path: 'etc/a', content: 'new' }])).toEqual({
      ...{ etc: 'dir', 'etc/a': 'new', 'etc/b': 'b' },
      ...{ var: 'dir', 'var/c': 'c' },
    });
  });

  it('removes what a whiteout names, and of an opaque folder all that was below', async () => {
    const upper = [
      { path: 'etc/.wh.a', content: '' },
      { path: 'var/.wh..wh..opq', content: '' },
      { path: 'var/d', content: 'd' },
    ];
    expect(await flatOf(LOWER, upper)).toEqual({ etc: 'dir', 'etc/b': 'b', var: 'dir', 'var/d': 'd' });
    expect(await flatOf(LOWER, [{ path: '.wh.var', content: '' }])).toEqual({
      ...{ etc: 'dir', 'etc/a': 'a', 'etc/b': 'b' },
    });
  });

  it('replaces a folder with what is none, and all in it', async () => {
    const upper: readonly TarSpec[] = [{ path: 'etc', type: 'symlink', target: 'var' }];
    expect(await flatOf(LOWER, upper)).toEqual({ etc: 'symlink', var: 'dir', 'var/c': 'c' });
  });

  it('reads a file under each of its names', async () => {
    const linked: readonly TarSpec[] = [
      { path: 'a', content: 'text' },
      { path: 'b', type: 'hardlink', target: 'a' },
    ];
    const blob = bytesBlob('application/vnd.oci.image.layer.v1.tar', buildTar(linked));
    const { read, close } = await flatten(makeImage([{ ...blob, diffId: blob.digest }], OPTIONS));
    expect([read('a').toString(), read('b').toString(), read('c').length]).toEqual(['text', 'text', 0]);
    await close();
  });
});
