import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { apkIdentity } from '../../src/formats/apk-members.ts';
import { createHasher, parseDigest } from '../../src/formats/digest.ts';

/** One tar member of a name and a text, with no end of archive, packed. */
function member(name: string, text: string): Buffer {
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write('0000644\0', 100);
  head.write(`${text.length.toString(8).padStart(11, '0')}\0`, 124);
  head.write('0ustar\x0000', 156);
  head.write('        ', 148);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.alloc(Math.ceil(text.length / 512) * 512);
  body.write(text);
  return gzipSync(Buffer.concat([head, body]));
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const data = member('bin/x', 'x');
const control = member('.PKGINFO', `pkgname = a\ndatahash = ${sha256(data)}\n`);
const signature = member('.SIGN.RSA.key.rsa.pub', 'signature');
const identity = createHash('sha1').update(control).digest('hex');

describe('apkIdentity', () => {
  test('is the digest of the control member, whether signed or not', () => {
    expect(apkIdentity(Buffer.concat([signature, control, data]))).toBe(identity);
    expect(apkIdentity(Buffer.concat([control, data]))).toBe(identity);
  });

  test.each([
    ['other data', Buffer.concat([control, member('bin/x', 'y')])],
    ['data cut short', Buffer.concat([control, data.subarray(0, -1)])],
    ['a byte behind the data', Buffer.concat([control, data, Buffer.alloc(1)])],
    ['no digest of the data', Buffer.concat([member('.PKGINFO', 'pkgname = a\n'), data])],
    ['something else first', Buffer.concat([member('etc/x', 'x'), control, data])],
    ['no package', Buffer.from('<html>')],
    ['nothing', Buffer.alloc(0)],
  ])('is none of %s', (_, bytes) => {
    expect(apkIdentity(bytes)).toBeNull();
  });
});

test('a hasher takes the bytes in pieces', () => {
  const hasher = createHasher('apk');
  const bytes = Buffer.concat([signature, control, data]);
  for (let at = 0; at < bytes.length; at += 7) hasher.update(bytes.subarray(at, at + 7));
  expect(hasher.digest()).toBe(identity);
});

test.each(['sha256:abc', `md5:${'0'.repeat(32)}`, `apk:${'g'.repeat(40)}`, ''])(
  '%j is not a digest',
  (text) => {
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'package/bad-digest' }));
  },
);
