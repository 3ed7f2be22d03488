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
  const { tree, pieces, close } = await flatten(makeImage(blobs, OPTIONS));
  const files = [...tree].map(([path, entry]) => [
    path,
    entry.type === 'file' ? Buffer.concat([...pieces(path)]).toString() : entry.type,
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

  it('follows links of the layers below', async () => {
    const lower: readonly TarSpec[] = [
      { path: 'usr/lib', type: 'directory' },
      { path: 'lib', type: 'symlink', target: 'usr/lib' },
    ];
    expect(await flatOf(lower, [{ path: 'lib/a', content: 'a' }])).toMatchObject({
      ...{ lib: 'symlink', 'usr/lib/a': 'a' },
    });
  });

  it('keeps what a layer puts beside its own whiteouts, in whatever order', async () => {
    const upper: readonly TarSpec[] = [
      { path: 'var/c', content: 'new' },
      { path: '.wh.var', content: '' },
    ];
    expect(await flatOf(LOWER, upper)).toMatchObject({ 'var/c': 'new' });
  });

  it('keeps a file under its other names where the first of them is removed or replaced', async () => {
    const linked: readonly TarSpec[] = [
      { path: 'bin/[', content: 'busybox' },
      { path: 'bin/sh', type: 'hardlink', target: 'bin/[' },
      { path: 'sbin/ls', type: 'hardlink', target: '/bin/[' },
    ];
    expect(await flatOf(linked, [{ path: 'bin/.wh.[', content: '' }])).toEqual({
      ...{ 'bin/sh': 'busybox', 'sbin/ls': 'hardlink' },
    });
    expect(await flatOf(linked, [{ path: 'bin/[', content: 'new' }])).toEqual({
      ...{ 'bin/[': 'new', 'bin/sh': 'busybox', 'sbin/ls': 'hardlink' },
    });
    expect(await flatOf(linked, [{ path: 'bin/.wh..wh..opq', content: '' }])).toEqual({
      'sbin/ls': 'busybox',
    });
    expect(await flatOf(linked, [{ path: '.wh.bin', content: '' }])).toEqual({ 'sbin/ls': 'busybox' });
  });

  it('removes a folder without an entry of its own where another layer puts a file', async () => {
    expect(await flatOf([{ path: 'a/b/c', content: '' }], [{ path: 'a', content: 'a' }])).toEqual({ a: 'a' });
  });

  it('unpacks a layer that is named many times once', async () => {
    const blob = bytesBlob('application/vnd.oci.image.layer.v1.tar', buildTar(LOWER));
    let opened = 0;
    const layer = {
      ...{ ...blob, diffId: blob.digest },
      open: () => {
        opened++;
        return blob.open();
      },
    };
    const { close } = await flatten(makeImage(Array(400).fill(layer), OPTIONS));
    await close();
    expect(opened).toBe(1);
  });

  it('reads a file under each of its names', async () => {
    const linked: readonly TarSpec[] = [
      { path: 'a', content: 'text' },
      { path: 'b', type: 'hardlink', target: 'a' },
    ];
    const blob = bytesBlob('application/vnd.oci.image.layer.v1.tar', buildTar(linked));
    const { pieces, close } = await flatten(makeImage([{ ...blob, diffId: blob.digest }], OPTIONS));
    const texts = ['a', 'b', 'c'].map((path) => Buffer.concat([...pieces(path)]).toString());
    expect(texts).toEqual(['text', 'text', '']);
    await close();
  });
});
