import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MkbaseError } from '../../src/errors.ts';
import { openCleartext, signedBytes } from '../../src/formats/cleartext.ts';
import { readKeyring, verifySignatures } from '../../src/formats/openpgp.ts';
import { makeKey, type TestKey } from '../support/key.ts';
import {
  armored,
  type SignatureSpec,
  type Signer,
  signaturePacket,
  signerOf,
  subpacket,
  uint16,
  uint32,
} from '../support/signature.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const TEXT = Buffer.from('Suite: test\nDate: today\n');
/** A cleartext's signatures are made over its lines with CRLF, and without the end of the last. */
const CLEAR = Buffer.from('Suite: test\r\nDate: today');

type Specs = readonly SignatureSpec[];
/** mkbase's answer, and whether gpgv 2.2.40 (0 of a file, 0 of a cleartext) and sqv 1.1.0 accept it. */
type Row = readonly [what: string, specs: Specs, verdict: Verdict, gpgv: Taken, clear: Taken, sqv: Taken];
type Verdict = 'good' | 'unsuitable' | 'weak' | 'bad' | 'unknown-key' | 'key-expired' | 'missing';
type Taken = 'takes' | 'refuses';

const notation = Buffer.concat([Buffer.from([0x80, 0, 0, 0]), uint16(5), uint16(1), Buffer.from('a@b.cx')]);
const critical = (type: number, body: Buffer | string): Specs => [{ hashed: [subpacket(type, body, true)] }];
const GOOD: SignatureSpec = {};

const rows: readonly Row[] = [
  ['class 0x00', [{ signatureClass: 0x00 }], 'good', 'takes', 'takes', 'takes'],
  ['class 0x01', [{ signatureClass: 0x01, over: CLEAR }], 'good', 'takes', 'takes', 'takes'],
  ...[
    0x02, 0x03, 0x10, 0x11, 0x12, 0x13, 0x16, 0x18, 0x19, 0x1f, 0x20, 0x28, 0x30, 0x40, 0x50, 0x7f, 0xff,
  ].map((signatureClass): Row => {
    const what = `class 0x${signatureClass.toString(16).padStart(2, '0')}`;
    return [what, [{ signatureClass }], 'unsuitable', 'refuses', 'refuses', 'refuses'];
  }),
  // Version 3 signs nothing but class and time; GnuPG makes none since 2.1.
  ['version 2', [{ version: 2 }], 'unsuitable', 'takes', 'takes', 'refuses'],
  ['version 3', [{ version: 3 }], 'unsuitable', 'takes', 'takes', 'refuses'],
  ['version 5', [{ version: 5 }], 'unsuitable', 'refuses', 'refuses', 'refuses'],
  ['version 6 of a key of version 4', [{ version: 6 }], 'unsuitable', 'refuses', 'refuses', 'refuses'],
  ['version 7', [{ version: 7 }], 'unsuitable', 'refuses', 'refuses', 'refuses'],
  ['MD5', [{ hash: 1 }], 'weak', 'refuses', 'refuses', 'refuses'],
  // apt calls both too weak as well, gpgv does not.
  ['SHA-1', [{ hash: 2 }], 'weak', 'takes', 'takes', 'refuses'],
  ['RIPEMD-160', [{ hash: 3 }], 'weak', 'takes', 'takes', 'refuses'],
  ['SHA-256', [{ hash: 8 }], 'good', 'takes', 'takes', 'takes'],
  ['SHA-384', [{ hash: 9 }], 'good', 'takes', 'takes', 'takes'],
  ['SHA-512', [{ hash: 10 }], 'good', 'takes', 'takes', 'takes'],
  ['SHA-224', [{ hash: 11 }], 'good', 'takes', 'takes', 'takes'],
  ['SHA3-256', [{ hash: 12 }], 'unsuitable', 'refuses', 'refuses', 'refuses'],
  ['SHA3-512', [{ hash: 14 }], 'unsuitable', 'refuses', 'refuses', 'refuses'],
  ['an unknown digest', [{ hash: 99 }], 'unsuitable', 'refuses', 'refuses', 'refuses'],
  // RFC 9580 forbids 2 and 3, and a key that says 1.
  ['RSA for encryption alone', [{ algorithm: 2 }], 'unsuitable', 'takes', 'takes', 'refuses'],
  ['RSA for signing alone, of a key for both', [{ algorithm: 3 }], 'unsuitable', 'takes', 'takes', 'takes'],
  ['another algorithm than the key', [{ algorithm: 17 }], 'unsuitable', 'refuses', 'refuses', 'refuses'],
  ['an unknown algorithm', [{ algorithm: 99 }], 'unsuitable', 'refuses', 'refuses', 'refuses'],
  ['a subpacket of unknown sense', [{ hashed: [subpacket(100, 'x')] }], 'good', 'takes', 'takes', 'takes'],
  ['the same, critical', critical(100, 'x'), 'unsuitable', 'refuses', 'refuses', 'refuses'],
  ['a notation', [{ hashed: [subpacket(20, notation)] }], 'good', 'takes', 'takes', 'takes'],
  ['a critical notation', critical(20, notation), 'unsuitable', 'refuses', 'refuses', 'refuses'],
  ['a critical policy', critical(26, 'http://x'), 'good', 'takes', 'takes', 'takes'],
  ['critical key flags', critical(27, '\x02'), 'good', 'takes', 'takes', 'takes'],
  ['a critical name of the signer', critical(28, 'Test'), 'unsuitable', 'refuses', 'refuses', 'takes'],
  ['a critical target', critical(31, Buffer.alloc(34, 8)), 'unsuitable', 'refuses', 'refuses', 'refuses'],
  ['a critical expression', critical(6, '.*\0'), 'unsuitable', 'takes', 'takes', 'takes'],
  [
    'a key that may revoke',
    [{ hashed: [subpacket(12, Buffer.alloc(22, 0x80))] }],
    'unsuitable',
    'takes',
    'takes',
    'takes',
  ],
  ['its own end in the past', critical(3, uint32(3600)), 'key-expired', 'refuses', 'refuses', 'refuses'],
  ['its own end in the future', critical(3, uint32(3600 * 24 * 3650)), 'good', 'takes', 'takes', 'takes'],
  ['no time', [{ time: null }], 'unsuitable', 'refuses', 'refuses', 'refuses'],
  [
    'a time before its key',
    [{ time: new Date('2010-01-01') }],
    'unsuitable',
    'refuses',
    'refuses',
    'refuses',
  ],
  // The Release has a date of its own, which is checked.
  ['a time in the future', [{ time: new Date('2045-01-01') }], 'good', 'takes', 'takes', 'refuses'],
  ['no issuer', [{ issuer: false, unhashed: [] }], 'unknown-key', 'refuses', 'refuses', 'refuses'],
  [
    'an empty issuer',
    [{ issuer: false, unhashed: [subpacket(16, Buffer.alloc(8))] }],
    'unknown-key',
    'refuses',
    'refuses',
    'refuses',
  ],
  ['a damaged signature', [{ isDamaged: true }], 'bad', 'refuses', 'refuses', 'refuses'],
  ['a signature over another text', [{ over: Buffer.from('evil') }], 'bad', 'refuses', 'refuses', 'refuses'],
  // Beside a good one only a bad one counts, as for apt. gpgv gives up at the first that it cannot read.
  ['class 0x02 beside a good one', [{ signatureClass: 2 }, GOOD], 'good', 'refuses', 'refuses', 'takes'],
  ['a good one beside class 0x02', [GOOD, { signatureClass: 2 }], 'good', 'takes', 'refuses', 'takes'],
  ['version 5 beside a good one', [{ version: 5 }, GOOD], 'good', 'refuses', 'refuses', 'takes'],
  ['MD5 beside a good one', [{ hash: 1 }, GOOD], 'good', 'refuses', 'refuses', 'takes'],
  [
    'an unknown algorithm beside a good one',
    [{ algorithm: 99 }, GOOD],
    'good',
    'refuses',
    'refuses',
    'takes',
  ],
  ['no time beside a good one', [{ time: null }, GOOD], 'good', 'refuses', 'refuses', 'takes'],
  ['a damaged one beside a good one', [{ isDamaged: true }, GOOD], 'bad', 'refuses', 'refuses', 'takes'],
  ['a good one beside a damaged one', [GOOD, { isDamaged: true }], 'bad', 'refuses', 'refuses', 'takes'],
];

let key: TestKey;
let signer: Signer;
const folder = mkdtempSync(join(tmpdir(), 'mkbase-signatures-'));
const ring = join(folder, 'ring.gpg');
beforeAll(async () => {
  key = await makeKey({ type: 'rsa' });
  signer = signerOf(key.privateKey);
  writeFileSync(ring, key.binary);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The signatures of a row over a file, or over a cleartext. */
function packetsOf(specs: Specs, text: Buffer): Buffer {
  return Buffer.concat(
    specs.map((spec) => {
      const isText = spec.signatureClass === 1;
      const over = isText ? Buffer.from(text.toString().replace(/\r?\n/g, '\r\n')) : spec.over;
      return signaturePacket(text, signer, over === undefined ? spec : { ...spec, over });
    }),
  );
}

function cleartextOf(specs: Specs): Buffer {
  const head = '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256,SHA1,SHA384,SHA512,SHA224,RIPEMD160\n\n';
  return Buffer.from(`${head}${TEXT}${armored(packetsOf(specs, CLEAR))}`);
}

async function verdictOf(text: Buffer, signatures: Buffer): Promise<Verdict> {
  try {
    const keyring = await readKeyring(key.binary, 'k');
    const found = await verifySignatures({ text, signatures, what: '`it`' }, keyring, NOW);
    expect(found).toBe(key.fingerprint.toUpperCase());
    return 'good';
  } catch (error) {
    expect(error).toBeInstanceOf(MkbaseError);
    return (error as MkbaseError).code.replace('signature/', '') as Verdict;
  }
}

describe('of the kinds of signatures', () => {
  test.each(rows)('%s', async (_, specs, verdict) => {
    expect(await verdictOf(TEXT, Buffer.from(armored(packetsOf(specs, TEXT))))).toBe(verdict);
    expect(await verdictOf(TEXT, packetsOf(specs, TEXT))).toBe(verdict);
    const cleartext = openCleartext(cleartextOf(specs), 'it')!;
    expect(await verdictOf(signedBytes(cleartext), cleartext.signatures)).toBe(verdict);
  });

  test('what is good is taken by gpgv or sqv too', () => {
    const alone = rows.filter(
      ([, , verdict, gpgv, , sqv]) => verdict === 'good' && gpgv !== 'takes' && sqv !== 'takes',
    );
    expect(alone).toEqual([]);
  });
});

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const took = (program: string, args: readonly string[]): Taken =>
  spawnSync(program, args, { cwd: folder }).status === 0 ? 'takes' : 'refuses';

/** The recorded columns are those of the real programs. */
describe.runIf(has('gpgv'))('gpgv', () => {
  test('says of each what is written here', { timeout: 60_000 }, () => {
    writeFileSync(join(folder, 'text'), TEXT);
    const found = rows.map(([what, specs]) => {
      writeFileSync(join(folder, 'sig.asc'), armored(packetsOf(specs, TEXT)));
      writeFileSync(join(folder, 'clear'), cleartextOf(specs));
      return [
        what,
        took('gpgv', ['--keyring', ring, 'sig.asc', 'text']),
        took('gpgv', ['--keyring', ring, 'clear']),
      ];
    });
    expect(found).toEqual(rows.map(([what, , , gpgv, clear]) => [what, gpgv, clear]));
  });
});

describe.runIf(has('sqv'))('sqv', () => {
  test('says of each what is written here', { timeout: 60_000 }, () => {
    writeFileSync(join(folder, 'text'), TEXT);
    const found = rows.map(([what, specs]) => {
      writeFileSync(join(folder, 'sig.asc'), armored(packetsOf(specs, TEXT)));
      return [what, took('sqv', ['--keyring', ring, 'sig.asc', 'text'])];
    });
    expect(found).toEqual(rows.map(([what, , , , , sqv]) => [what, sqv]));
  });
});
