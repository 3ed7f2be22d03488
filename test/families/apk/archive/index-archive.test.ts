import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MkbaseError } from '../../../../src/errors.ts';
import { openIndex } from '../../../../src/families/apk/archive/index-archive.ts';
import { readApkKey } from '../../../../src/families/apk/archive/signature.ts';
import { type ApkKey, apkSignature, makeApkKey, theApkKey } from '../../../support/apk.ts';
import { buildTar } from '../../../support/tar.ts';
import { stanzaOf } from '../solver-cases.ts';

const other = makeApkKey('other@example.org-2.rsa.pub');
const keyOf = ({ name, publicPem }: ApkKey) => readApkKey({ name, bytes: Buffer.from(publicPem) });
const keys = [keyOf(theApkKey())];
const what = 'the index of `main`';
const open = (bytes: Buffer) => openIndex(bytes, { what, keys });

const member = packed({ DESCRIPTION: 'v3.20.3-1-gabc', APKINDEX: stanzaOf('a 1-r0') });
const signed = Buffer.concat([apkSignature(member, theApkKey()), member]);

describe('openIndex', () => {
  it('reads a signed index', () => {
    const index = open(signed);
    expect(index).toMatchObject({
      description: 'v3.20.3-1-gabc',
      packages: [{ name: 'a', version: '1-r0' }],
      signedBy: theApkKey().name,
      algorithm: 'RSA256',
    });
    expect(index.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('knows when its newest package was built', () => {
    const text = ['a 1 | t:100', 'b 1 | t:300', 'c 1 | t:200'].map(stanzaOf).join('');
    expect(openIndex(packed({ APKINDEX: text }), { what, keys: null })).toMatchObject({
      newest: 300,
      signedBy: null,
      description: '',
    });
  });

  it('takes SHA-1, and says so', () => {
    const index = open(Buffer.concat([apkSignature(member, theApkKey(), 'RSA'), member]));
    expect(index.algorithm).toBe('RSA');
  });

  it('needs one good signature of an allowed key, and names the strongest', () => {
    const segment = (key: ApkKey, algorithm: 'RSA' | 'RSA256') =>
      gunzipSync(apkSignature(member, key, algorithm));
    const segments = [segment(other, 'RSA256'), segment(theApkKey(), 'RSA'), segment(theApkKey(), 'RSA256')];
    const index = open(Buffer.concat([gzipSync(Buffer.concat(segments)), member]));
    expect(index).toMatchObject({ signedBy: theApkKey().name, algorithm: 'RSA256' });
  });

  it.each([
    ['an unsigned index', member, 'signature/missing'],
    ['a signature of an unknown key', resigned(other), 'signature/unknown-key'],
    [
      'a key of another by the name of one that is allowed',
      resigned({ ...other, name: theApkKey().name }),
      'signature/bad',
    ],
    [
      'one that was changed',
      Buffer.concat([apkSignature(member, theApkKey()), packed({ APKINDEX: '' })]),
      'signature/bad',
    ],
    ['something after the signed part', Buffer.concat([signed, member]), 'signature/malformed'],
    ['a web page', Buffer.from('<html>'), 'signature/malformed'],
    ['nothing', Buffer.alloc(0), 'signature/malformed'],
    [
      'an index without packages’ file',
      resigned(theApkKey(), packed({ DESCRIPTION: 'x' })),
      'signature/malformed',
    ],
    ['the format of apk 3', Buffer.from('ADBd....'), 'package/apk-v3'],
  ] as const)('refuses %s', (_name, bytes, code) => {
    expect(() => open(bytes)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses one that is cut short, wherever', () => {
    for (let length = 0; length < signed.length; length++) {
      expect(() => open(signed.subarray(0, length)), `at ${length}`).toThrow(MkbaseError);
    }
  });

  it('refuses one with any bit turned', () => {
    for (let at = 0; at < signed.length; at += 7) {
      const turned = Buffer.from(signed);
      turned[at]! ^= 1 << (at % 8);
      // Some bits of a gzip header say nothing of the content: those before the signature are not signed.
      const result = ((): unknown => {
        try {
          return open(turned).digest;
        } catch (error) {
          return error;
        }
      })();
      if (!(result instanceof MkbaseError)) expect(result).toBe(open(signed).digest);
    }
  });

  it('refuses a bomb', () => {
    const bomb = gzipSync(Buffer.alloc(300 * 2 ** 20), { level: 1 });
    expect(() => openIndex(bomb, { what, keys: null })).toThrow(
      expect.objectContaining({ code: 'signature/malformed' }),
    );
  });
});

describe('readApkKey', () => {
  it('refuses what is no RSA key of a strength that counts', () => {
    const pemOf = ({ publicKey }: { publicKey: KeyObject }) =>
      Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const curve = generateKeyPairSync('ed25519');
    for (const bytes of [Buffer.from('no key'), pemOf(weak), pemOf(curve)]) {
      expect(() => readApkKey({ name: 'x', bytes })).toThrow(
        expect.objectContaining({ code: 'usage/bad-keyring' }),
      );
    }
  });
});

function packed(files: Readonly<Record<string, string>>): Buffer {
  return gzipSync(buildTar(Object.entries(files).map(([path, content]) => ({ path, content }))));
}

function resigned(key: ApkKey, content = member): Buffer {
  return Buffer.concat([apkSignature(content, key), content]);
}
