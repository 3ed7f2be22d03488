import { extract } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import type { TestCodec } from './codec.ts';
import { buildDeb } from './deb.ts';
import { buildTar } from './tar.ts';

async function readTar(bytes: Buffer): Promise<string[]> {
  const lines: string[] = [];
  const reader = extract();
  reader.end(bytes);
  for await (const entry of reader) {
    const { type, name, mode, uid, size, linkname } = entry.header;
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    lines.push(`${name} ${type} ${mode?.toString(8)} ${uid} ${size} ${linkname ?? Buffer.concat(chunks)}`);
  }
  return lines;
}

describe('buildTar', () => {
  test('is read back by tar-stream, long names and large ids too', async () => {
    const long = `./${'d'.repeat(90)}/${'f'.repeat(60)}`;
    const tar = buildTar([
      { path: './usr', type: 'directory' },
      { path: long, content: 'hello', mode: 0o4755, uid: 3_000_000 },
      { path: './link', type: 'symlink', target: 't'.repeat(120) },
      { path: './pax', content: '', pax: { comment: 'x'.repeat(90) } },
    ]);
    expect(await readTar(tar)).toEqual([
      './usr/ directory 755 0 0 ',
      `${long} file 4755 3000000 5 hello`,
      `./link symlink 777 0 0 ${'t'.repeat(120)}`,
      './pax file 644 0 0 ',
    ]);
  });
});

describe('buildDeb', () => {
  test.each<TestCodec>(['none', 'gz', 'xz', 'lzma', 'zst'])('packs its members with %s', async (codec) => {
    const deb = await buildDeb({
      name: 'hello',
      files: { 'usr/bin/hello': { content: '#!/bin/sh\n', mode: 0o755 } },
      controlCodec: codec,
      dataCodec: codec,
    });
    const suffix = codec === 'none' ? '' : `.${codec}`;
    expect(deb.subarray(0, 8).toString()).toBe('!<arch>\n');
    expect(deb.toString('latin1')).toContain(`control.tar${suffix}`.padEnd(16));
    expect(deb.toString('latin1')).toContain(`data.tar${suffix}`.padEnd(16));
  });
});
