import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMessage, generateKey, readSignature, revokeKey, type SecretKeyPacket, sign } from 'openpgp';
import { beforeAll, describe, expect, test } from 'vitest';
import { openCleartext, signedBytes } from '../../src/formats/cleartext.ts';
import { type Keyring, readKeyring, verifySignatures } from '../../src/formats/openpgp.ts';
import { detachedSign, makeKey, type TestKey } from '../support/key.ts';

const SIGNED = new Date('2026-01-01T00:00:00Z');
const NOW = new Date('2026-06-01T00:00:00Z');
const TEXT = 'Suite: test\n';

let alice: TestKey;
let bob: TestKey;
let rsa: TestKey;
beforeAll(async () => {
  [alice, bob, rsa] = await Promise.all([makeKey(), makeKey({ name: 'Bob' }), makeKey({ type: 'rsa' })]);
});

const ringOf = async (...keys: readonly TestKey[]): Promise<Keyring> =>
  readKeyring(Buffer.from(keys.map(({ armored }) => armored).join('\n')), 'keys');

async function verify(keys: readonly TestKey[], allowed: readonly TestKey[], text = TEXT): Promise<string> {
  const signatures = Buffer.from(await detachedSign(TEXT, keys, SIGNED));
  return verifySignatures(
    { text: Buffer.from(text), signatures, what: '`it`' },
    await ringOf(...allowed),
    NOW,
  );
}

describe('verifySignatures', () => {
  test('tells the primary key of a good signature, RSA or Ed25519', async () => {
    expect(await verify([alice], [alice])).toBe(alice.fingerprint.toUpperCase());
    expect(await verify([rsa], [alice, rsa])).toBe(rsa.fingerprint.toUpperCase());
  });

  test('one good signature is enough, whatever unknown keys sign beside it', async () => {
    expect(await verify([bob, alice, rsa], [alice])).toBe(alice.fingerprint.toUpperCase());
  });

  test('a key that is not allowed is named', async () => {
    await expect(verify([bob], [alice])).rejects.toMatchObject({
      code: 'signature/unknown-key',
      message: expect.stringContaining(bob.fingerprint.slice(-16).toUpperCase()),
      hint: expect.stringContaining('--keyring'),
    });
  });

  test('a changed text is refused', async () => {
    await expect(verify([alice], [alice], 'Suite: evil\n')).rejects.toMatchObject({ code: 'signature/bad' });
  });

  test('a bad signature of an allowed key is fatal beside a good one', async () => {
    const [good, other] = await Promise.all([
      detachedSign(TEXT, [alice], SIGNED),
      detachedSign('Suite: other\n', [rsa], SIGNED),
    ]);
    const packets = await Promise.all(
      [good, other].map(
        async (armoredSignature) => (await readSignature({ armoredSignature })).write() as Uint8Array,
      ),
    );
    const signed = { text: Buffer.from(TEXT), signatures: Buffer.concat(packets), what: '`it`' };
    await expect(verifySignatures(signed, await ringOf(alice, rsa), NOW)).rejects.toMatchObject({
      code: 'signature/bad',
    });
    expect(await verifySignatures(signed, await ringOf(alice), NOW)).toBe(alice.fingerprint.toUpperCase());
  });

  test('a key that has expired since it signed is refused', async () => {
    const short = await makeKey({ expires: new Date('2026-03-01T00:00:00Z') });
    await expect(verify([short], [short])).rejects.toMatchObject({
      code: 'signature/key-expired',
      details: [expect.stringContaining('2026-03-01')],
    });
    expect(await verify([short, alice], [short, alice])).toBe(alice.fingerprint.toUpperCase());
  });

  test.each(['compromised', 'superseded'] as const)(
    'a key that was revoked (%s) since it signed is refused',
    async (revokedAs) => {
      const gone = await makeKey({ revoked: new Date('2026-03-01T00:00:00Z'), revokedAs });
      await expect(verify([gone], [gone])).rejects.toMatchObject({ code: 'signature/key-revoked' });
    },
  );

  test('a signing subkey tells its primary key, and counts no more once revoked or expired', async () => {
    const created = new Date('2020-01-01T00:00:00Z');
    const make = (keyExpirationTime: number) =>
      generateKey({
        userIDs: { name: 'Sub' },
        date: created,
        curve: 'ed25519Legacy',
        type: 'ecc',
        subkeys: [{ sign: true, keyExpirationTime }],
        format: 'object',
      });
    const { privateKey } = await make(0);
    const message = await createMessage({ binary: Buffer.from(TEXT) });
    const signatures = Buffer.from(
      await sign({ message, signingKeys: privateKey, date: SIGNED, detached: true }),
    );
    const check = async (armored: string, bytes = signatures): Promise<string> =>
      verifySignatures(
        { text: Buffer.from(TEXT), signatures: bytes, what: '`it`' },
        await readKeyring(Buffer.from(armored), 'k'),
        NOW,
      );
    expect(await check(privateKey.toPublic().armor())).toBe(privateKey.getFingerprint().toUpperCase());

    privateKey.subkeys[0] = await privateKey.subkeys[0]!.revoke(
      privateKey.keyPacket as SecretKeyPacket,
      {},
      new Date('2026-03-01T00:00:00Z'),
    );
    const revoked = privateKey.toPublic().armor();
    await expect(check(revoked)).rejects.toMatchObject({ code: 'signature/key-revoked' });

    const brief = (await make(Date.parse('2026-03-01T00:00:00Z') / 1000 - created.getTime() / 1000))
      .privateKey;
    const late = Buffer.from(await sign({ message, signingKeys: brief, date: SIGNED, detached: true }));
    await expect(check(brief.toPublic().armor(), late)).rejects.toMatchObject({
      code: 'signature/key-expired',
    });
  });

  test('a file that is no signature is refused', async () => {
    const signed = { text: Buffer.from(TEXT), signatures: Buffer.from('<html>'), what: '`it`' };
    await expect(verifySignatures(signed, await ringOf(alice), NOW)).rejects.toMatchObject({
      code: 'signature/malformed',
    });
    const empty = { ...signed, signatures: Buffer.alloc(0) };
    await expect(verifySignatures(empty, await ringOf(alice), NOW)).rejects.toMatchObject({
      code: 'signature/missing',
    });
  });
});

/** Keys as gpg makes them, and what `gpgv` says of their signatures. */
describe('algorithms', () => {
  const curves = [
    ...['nistP256', 'nistP384', 'nistP521', 'ed25519Legacy', 'secp256k1'],
    ...['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'],
  ] as const;

  test.each(curves)('%s counts, as for gpgv', async (curve) => {
    const { armored, binary, signature } = await signedBy({ type: 'ecc', curve });
    const signed = { text: Buffer.from(TEXT), signatures: signature, what: '`it`' };
    const [key] = await readKeyring(Buffer.from(armored), 'k');
    expect(await verifySignatures(signed, [key!], NOW)).toBe(key!.getFingerprint().toUpperCase());
    if (hasGpgv) expect(gpgv(binary, signature)).toBe(0);
    const changed = { ...signed, text: Buffer.from('Suite: evil\n') };
    await expect(verifySignatures(changed, [key!], NOW)).rejects.toMatchObject({ code: 'signature/bad' });
  });

  test('RSA of 1024 bits is too weak, though gpgv takes it', async () => {
    const { armored, binary, signature } = await signedBy({ type: 'rsa', rsaBits: 1024 });
    const signed = { text: Buffer.from(TEXT), signatures: signature, what: '`it`' };
    const ring = await readKeyring(Buffer.from(armored), 'k');
    await expect(verifySignatures(signed, ring, NOW)).rejects.toMatchObject({ code: 'signature/weak' });
    if (hasGpgv) expect(gpgv(binary, signature)).toBe(0);
  });

  test('a key on an unknown curve, and a signature by it, do no harm to others', async () => {
    const { binary, signature } = await signedBy({ type: 'ecc', curve: 'nistP256' });
    const oid = Buffer.from('2a8648ce3d030107', 'hex');
    const at = binary.indexOf(oid);
    const unknown = Buffer.from(binary);
    unknown[at + 7] = 0x77;
    const ring = await readKeyring(Buffer.concat([unknown, alice.binary]), 'k');
    const armoredSignature = await detachedSign(TEXT, [alice], SIGNED);
    const good = (await readSignature({ armoredSignature })).write() as Uint8Array;
    const signed = { text: Buffer.from(TEXT), signatures: Buffer.concat([signature, good]), what: '`it`' };
    expect(await verifySignatures(signed, ring, NOW)).toBe(alice.fingerprint.toUpperCase());
    await expect(verifySignatures({ ...signed, signatures: signature }, ring, NOW)).rejects.toMatchObject({
      code: expect.stringMatching(/^signature\/(unknown-key|unsuitable)$/),
    });
  });

  test('more signatures than any archive makes are refused, and not tried', async () => {
    const armoredSignature = await detachedSign(TEXT, [alice], SIGNED);
    const one = (await readSignature({ armoredSignature })).write() as Uint8Array;
    const many = (count: number) =>
      verifySignatures(
        { text: Buffer.from(TEXT), signatures: Buffer.concat(Array(count).fill(one)), what: '`it`' },
        [alice.privateKey.toPublic()],
        NOW,
      );
    expect(await many(32)).toBe(alice.fingerprint.toUpperCase());
    await expect(many(20_000)).rejects.toMatchObject({
      code: 'signature/malformed',
      message: expect.stringContaining('more than 32 signatures'),
    });
  });

  async function signedBy(options: Omit<Parameters<typeof generateKey>[0], 'userIDs' | 'format'>) {
    const config = { rejectCurves: new Set<never>(), minRSABits: 1024 };
    const { privateKey } = await generateKey({
      ...options,
      ...{ userIDs: { name: 'Key' }, date: new Date('2020-01-01T00:00:00Z'), subkeys: [], config },
      format: 'object',
    });
    const message = await createMessage({ binary: Buffer.from(TEXT) });
    const armoredSignature = await sign({
      ...{ message, signingKeys: privateKey, date: SIGNED, detached: true, config },
    });
    const signature = (await readSignature({ armoredSignature })).write() as Uint8Array;
    const key = privateKey.toPublic();
    return {
      armored: key.armor(),
      binary: Buffer.from(key.write()),
      signature: Buffer.from(signature),
    };
  }

  const hasGpgv = spawnSync('gpgv', ['--version']).status === 0;
  function gpgv(ring: Buffer, signature: Buffer): number | null {
    const folder = mkdtempSync(join(tmpdir(), 'mkbase-gpgv-'));
    try {
      for (const [name, bytes] of Object.entries({ ring, signature, text: TEXT })) {
        writeFileSync(join(folder, name), bytes);
      }
      return spawnSync('gpgv', ['--keyring', './ring', 'signature', 'text'], { cwd: folder }).status;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
});

describe('readKeyring', () => {
  test('takes binary keys and several armored blocks of one file', async () => {
    expect(await readKeyring(Buffer.concat([alice.binary, bob.binary]), 'k')).toHaveLength(2);
    expect(await ringOf(alice, bob, rsa)).toHaveLength(3);
  });

  test('a file without keys is refused by its name', async () => {
    await expect(readKeyring(Buffer.from('no key'), 'x.gpg')).rejects.toMatchObject({
      code: 'usage/bad-keyring',
      message: expect.stringContaining('`x.gpg`'),
    });
  });

  test('a revoked key is read with its revocation', async () => {
    const { publicKey } = await revokeKey({ key: alice.privateKey, format: 'object' });
    expect(await (await readKeyring(Buffer.from(publicKey.armor()), 'k'))[0]!.isRevoked()).toBe(true);
  });
});

const trusty = new URL('../../../shared/data/ubuntu-trusty-signed/', import.meta.url);
describe.skipIf(!existsSync(trusty))('the real files of trusty', () => {
  const read = (path: string): Buffer => readFileSync(new URL(path, trusty));

  test.each(['trusty-updates', 'trusty-security'])(
    '%s is signed by RSA beside a weak DSA signature',
    async (suite) => {
      const ring = await readKeyring(read('ubuntu-archive-keyring-trusty.gpg'), 'k');
      const cleartext = openCleartext(read(`dists/${suite}/InRelease`), suite)!;
      const { signatures } = cleartext;
      const key = await verifySignatures(
        { text: signedBytes(cleartext), signatures, what: suite },
        ring,
        NOW,
      );
      expect(key).toBe('790BC7277767219C42C86F933B4FE6ACC0B21F32');
    },
  );

  test('the DSA signature alone proves nothing', async () => {
    const ring = await readKeyring(read('ubuntu-archive-keyring-trusty.gpg'), 'k');
    const dsa = ring.filter((key) => key.getFingerprint().toUpperCase().endsWith('40976EAF437D05B5'));
    const signed = {
      text: read('dists/trusty/Release'),
      signatures: read('dists/trusty/Release.gpg'),
      what: 'trusty',
    };
    await expect(verifySignatures(signed, dsa, NOW)).rejects.toMatchObject({ code: 'signature/weak' });
    expect(await verifySignatures(signed, ring, NOW)).toBe('790BC7277767219C42C86F933B4FE6ACC0B21F32');
  });
});
