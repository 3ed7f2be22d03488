import { createMessage, readCleartextMessage, readKey, readSignature, verify } from 'openpgp';
import { expect, test } from 'vitest';
import { buildRepository } from './apt-repository.ts';
import { makeKey } from './key.ts';
import { startServer } from './server.ts';

test('a repository has indexes, package files and signatures that verify', async () => {
  const key = await makeKey();
  const files = await buildRepository([
    {
      suite: 'bookworm',
      architectureAll: 'debian',
      packages: [
        { name: 'hello', depends: 'data' },
        { name: 'data', arch: 'all' },
      ],
      keys: [key],
    },
  ]);
  expect([...files.keys()].filter((path) => !path.includes('by-hash')).sort()).toEqual([
    'dists/bookworm/InRelease',
    'dists/bookworm/Release',
    'dists/bookworm/Release.gpg',
    ...['all', 'amd64'].flatMap((arch) =>
      ['', '.gz', '.xz'].map((suffix) => `dists/bookworm/main/binary-${arch}/Packages${suffix}`),
    ),
    'pool/main/d/data/data_1.0_all.deb',
    'pool/main/h/hello/hello_1.0_amd64.deb',
  ]);

  const verificationKeys = await readKey({ armoredKey: key.armored });
  const date = new Date('2026-06-01T00:00:00Z');
  const text = (name: string) => files.get(`dists/bookworm/${name}`)!.toString();
  const clear = await readCleartextMessage({ cleartextMessage: text('InRelease') });
  const inline = await verify({ message: clear, verificationKeys, date });
  expect(await inline.signatures[0]!.verified).toBe(true);
  const message = await createMessage({ binary: files.get('dists/bookworm/Release')! });
  const signature = await readSignature({ armoredSignature: text('Release.gpg') });
  const detached = await verify({ message, signature, verificationKeys, date });
  expect(await detached.signatures[0]!.verified).toBe(true);
});

test('the server heeds Range, and a fault with times heals', async () => {
  const server = await startServer(new Map([['a b', Buffer.from('0123456789')]]), {
    faults: { 'a b': { kind: 'status', status: 500, times: 2 } },
  });
  const get = async (headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/a%20b`, { headers });
    return `${response.status} ${await response.text()}`;
  };
  expect(await get()).toBe('500 status 500\n');
  expect(await get()).toBe('500 status 500\n');
  expect(await get()).toBe('200 0123456789');
  expect(await get({ range: 'bytes=4-' })).toBe('206 456789');
  server.faults.set('a b', { kind: 'cut', after: 3 });
  await expect(get()).rejects.toThrow();
  expect(server.requests).toHaveLength(5);
  await server.close();
});
