import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clampKeystoreTimes } from '../../src/formats/java-keystore.ts';

const YOUNG = 1_700_000_000;
const OLD = 1_500_000_000;

describe('a Java keystore', () => {
  it('has no entry younger than the epoch, and a digest that fits', () => {
    const clamped = clampKeystoreTimes(keystore([YOUNG, OLD]), 1_600_000_000);
    expect(clamped).toEqual(keystore([1_600_000_000, OLD]));
  });

  it('is the same where all entries are old, or there are none', () => {
    expect(clampKeystoreTimes(keystore([OLD]), YOUNG)).toEqual(keystore([OLD]));
    expect(clampKeystoreTimes(keystore([]), YOUNG)).toEqual(keystore([]));
  });

  it.each([
    ['with a private key', keystore([YOUNG], { kind: 1 })],
    ['under another password', keystore([YOUNG], { password: 'secret' })],
    ['that is cut short', keystore([YOUNG]).subarray(0, -30)],
    ['that counts more than it has', withCount(keystore([YOUNG]), 2 ** 32 - 1)],
    ['of another kind', Buffer.from('30820122', 'hex')],
    ['without a byte', Buffer.alloc(0)],
  ])('%s is left as it is', (_, bytes) => {
    expect(clampKeystoreTimes(bytes, OLD)).toBeNull();
  });
});

/** As keytool(1) writes it, with certificates that are none. */
function keystore(
  times: readonly number[],
  { kind = 2, password = 'changeit' }: { readonly kind?: number; readonly password?: string } = {},
): Buffer {
  const entries = times.flatMap((seconds, index) => [
    u32(kind),
    text(`debian:${index}.pem`),
    u64(seconds * 1000),
    text('X.509'),
    u32(3),
    Buffer.from('der'),
  ]);
  const content = Buffer.concat([u32(0xfeedfeed), u32(2), u32(times.length), ...entries]);
  const salt = Buffer.concat([...password].map((letter) => Buffer.from([0, letter.charCodeAt(0)])));
  const digest = createHash('sha1').update(salt).update('Mighty Aphrodite').update(content).digest();
  return Buffer.concat([content, digest]);
}

function withCount(bytes: Buffer, count: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt32BE(count, 8);
  return changed;
}

function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, Buffer.from(value)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
