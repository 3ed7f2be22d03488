import { describe, expect, it } from 'vitest';
import { readDeb } from '../../../../src/families/apt/package/deb.ts';
import { dpkgRefusal } from '../../../../src/families/apt/package/dpkg-refusal.ts';
import { compress } from '../../../support/codec.ts';
import { buildDeb } from '../../../support/deb.ts';
import { buildTar } from '../../../support/tar.ts';

const FILE = { path: './opt/x', content: 'x' };

/** A frame of one raw byte that asks for a window of so many bytes, a power of two (RFC 8878). */
function zstdFrame(window: number): Buffer {
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (Math.log2(window) - 10) << 3, 1 + (1 << 3), 0, 0, 0x78]);
}

describe('what dpkg would refuse of a package', () => {
  it('is nothing in one that is made as it makes them', async () => {
    for (const dataCodec of ['none', 'gz', 'xz', 'zst', 'lzma'] as const) {
      const deb = await buildDeb({ name: 'a', files: { 'opt/x': 'x' }, dataCodec });
      expect((await readDeb(deb)).refusedElsewhere).toBeUndefined();
    }
  });

  it('is a PAX header', async () => {
    const deb = await buildDeb({ name: 'a', entries: [{ ...FILE, pax: { mtime: '1.5' } }] });
    expect((await readDeb(deb)).refusedElsewhere).toBe('its data have PAX headers');
  });

  it.each(['xz', 'zst'] as const)('is a second stream of %s', async (codec) => {
    const tar = buildTar([FILE]);
    const halves = [tar.subarray(0, 700), tar.subarray(700)];
    const streams = await Promise.all(halves.map((half) => compress(half, codec)));
    const packed = { codec: codec === 'zst' ? 'zstd' : codec, bytes: Buffer.concat(streams) } as const;
    expect(await dpkgRefusal(packed, [])).toMatch(/^its data are 2 streams of/);
  });

  it('is a window that libzstd does not unpack unless it is told to', async () => {
    const refusal = (window: number) => dpkgRefusal({ codec: 'zstd', bytes: zstdFrame(window) }, []);
    expect(await refusal(2 ** 27)).toBeUndefined();
    expect(await refusal(2 ** 28)).toBe('its data are packed with a window of 256 MiB');
  });
});
