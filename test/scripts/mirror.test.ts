import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { serveMirror } from '../../scripts/mirror.ts';
import { serve, temporaryDirectory } from '../fetch/support.ts';

async function mirrorOf(content: Record<string, string>) {
  const upstream = await serve(content);
  const directory = await temporaryDirectory();
  const mirror = await serveMirror({ directory, upstreams: { debian: [`${upstream.url}/mirror`] } });
  onTestFinished(mirror.close);
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`${mirror.url}/${path}`);
    return `${response.status} ${await response.text()}`;
  };
  return { upstream, directory, get };
}

test('a file is fetched from the real mirror once', async () => {
  const { upstream, get } = await mirrorOf({ 'mirror/pool/a+b_1.0.deb': 'deb' });
  expect(await Promise.all([get('debian/pool/a+b_1.0.deb'), get('debian/pool/a+b_1.0.deb')])).toEqual([
    '200 deb',
    '200 deb',
  ]);
  expect(await get('debian/pool/a+b_1.0.deb')).toBe('200 deb');
  expect(upstream.requests).toHaveLength(1);
});

test('an index is fetched again after a day, one by hash is not', async () => {
  const { upstream, directory, get } = await mirrorOf({
    'mirror/dists/x/Release': 'r',
    'mirror/dists/x/by-hash/SHA256/1': 'h',
  });
  const paths = ['debian/dists/x/Release', 'debian/dists/x/by-hash/SHA256/1'];
  for (const path of paths) {
    await get(path);
    await utimes(join(directory, path), 0, 0);
    await get(path);
  }
  expect(upstream.requests.map(({ path }) => path)).toEqual([
    'mirror/dists/x/Release',
    'mirror/dists/x/Release',
    'mirror/dists/x/by-hash/SHA256/1',
  ]);
});

test('what the real mirror does not have is asked for once', async () => {
  const { upstream, get } = await mirrorOf({});
  expect(await get('debian/gone')).toBe('404 not found\n');
  expect(await get('debian/gone')).toBe('404 not found\n');
  expect(await get('other/gone')).toBe('404 not found\n');
  expect(await get('debian/%2e%2e/%2e%2e/etc/passwd')).toBe('404 not found\n');
  expect(upstream.requests).toHaveLength(1);
});
