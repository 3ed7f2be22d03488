import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesOf, jsonBlob } from '../../src/image/blob.ts';
import type { Image } from '../../src/image/image.ts';
import { firstLook, secondLook } from '../../src/refresh/decide.ts';
import { type RefreshState, readState, withState } from '../../src/refresh/state.ts';
import { readStateKey } from '../../src/refresh/state-key.ts';

const STATE: RefreshState = { digest: 'sha256:d', inputs: 'i', lock: 'l', build: '2 gzip', trusted: true };

describe('what is to be done', () => {
  it.each<[string, RefreshState | null, string | null]>([
    ['nothing where all is equal', STATE, null],
    ['a new image', null, 'new'],
    ['a foreign one', { ...STATE, lock: null }, 'foreign'],
    ['an unsigned one', { ...STATE, trusted: false }, 'unsigned'],
    ['one packed in another way', { ...STATE, build: '2 none' }, 'build'],
    ['one of which nobody knows how it was packed', { ...STATE, build: null }, 'build'],
    ['one whose digests covered something else', { ...STATE, build: '1 gzip' }, 'migration'],
    ['one of other inputs', { ...STATE, inputs: 'x' }, 'inputs'],
  ])('first look: %s', (_, state, reason) => {
    const look = firstLook(state, { inputs: 'i', build: '2 gzip' });
    expect(look).toEqual(reason === null ? { verdict: 'unchanged' } : { verdict: 'resolve', reason });
  });

  it.each<[string, RefreshState | null, string | null]>([
    ['nothing where the packages are the same', { ...STATE, inputs: 'x' }, null],
    ['other packages', { ...STATE, lock: 'x' }, 'packages'],
    ['an unsigned one', { ...STATE, trusted: false }, 'unsigned'],
  ])('second look: %s', (_, state, reason) => {
    const look = secondLook(state, { lock: 'l', build: '2 gzip' });
    expect(look).toEqual(reason === null ? { verdict: 'unchanged' } : { verdict: 'build', reason });
  });
});

describe('the state of an image', () => {
  const annotations = { 'dev.mkbase.inputs.digest': 'i', 'dev.mkbase.lock.digest': 'l' };
  const manifest = jsonBlob('application/vnd.oci.image.manifest.v1+json', { schemaVersion: 2, annotations });
  const image = { kind: 'image', manifest } as unknown as Image;
  const key = () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    return readStateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'key.pem');
  };

  it('is what its annotations say', async () => {
    const stated = await withState(image, { build: '2 gzip', key: null });
    expect(await readState(stated.manifest, null)).toEqual({
      ...STATE,
      digest: stated.manifest.digest,
    });
    expect(await readState(manifest, null)).toMatchObject({ build: null, trusted: true });
  });

  it('is signed the same by two machines, and believed by who has the key', async () => {
    const [one, other] = [key(), key()];
    const stated = await withState(image, { build: 'b', key: one });
    expect((await withState(image, { build: 'b', key: one })).manifest.digest).toBe(stated.manifest.digest);
    expect(await readState(stated.manifest, one)).toMatchObject({ trusted: true });
    expect(await readState(stated.manifest, other)).toMatchObject({ trusted: false });
    expect(await readState(manifest, one)).toMatchObject({ trusted: false });
  });

  it('is not believed where any byte of the manifest was changed', async () => {
    const one = key();
    const stated = await withState(image, { build: 'b', key: one });
    const document = JSON.parse((await bytesOf(stated.manifest)).toString());
    for (const change of [{ layers: [] }, { annotations: { ...document.annotations, extra: '1' } }]) {
      const changed = jsonBlob(manifest.mediaType, { ...document, ...change });
      expect(await readState(changed, one)).toMatchObject({ trusted: false });
    }
  });

  it.each(['rsa', 'ec'] as const)('is signed by no %s key', (type) => {
    const { privateKey } =
      type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => readStateKey(pem, 'key.pem')).toThrow('`key.pem` is not a signing key: it is of type');
  });
});
