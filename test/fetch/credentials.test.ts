import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { credentialsFrom } from '../../src/fetch/credentials.ts';
import { startServer } from '../support/server.ts';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from '../support/tls.ts';
import { failureOf, quickHttp, serve, temporaryDirectory } from './support.ts';

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

/** A host's apt settings and a user's home. */
async function home(files: Record<string, string>) {
  const folder = await temporaryDirectory();
  await mkdir(join(folder, 'apt', 'auth.conf.d'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { env: { HOME: folder }, aptFolder: join(folder, 'apt'), folder };
}
const entry = (url: string, pair: string) =>
  `machine ${url} login ${pair.split(':')[0]} password ${pair.split(':')[1]}\n`;

describe('credentials', () => {
  test('are apt’s, then those of its parts in order, then netrc’s', async () => {
    const places = await home({
      'apt/auth.conf': entry('https://a', 'one:1'),
      'apt/auth.conf.d/20.conf': entry('https://b', 'late:x') + entry('https://c', 'three:3'),
      'apt/auth.conf.d/10.conf': entry('https://a', 'no:x') + entry('https://b', 'two:2'),
      'apt/auth.conf.d/30.off': entry('https://e', 'no:x'),
      '.netrc': entry('c', 'no:x') + entry('d', 'four:4'),
      other: entry('d', 'five:5'),
    });
    const ask = credentialsFrom(places);
    expect(
      await Promise.all(['a', 'b', 'c', 'd', 'e'].map((host) => ask(new URL(`https://${host}/x`)))),
    ).toEqual([...['one:1', 'two:2', 'three:3', 'four:4'].map(basic), null]);
    const named = credentialsFrom({ ...places, env: { ...places.env, NETRC: join(places.folder, 'other') } });
    expect(await named(new URL('https://d/'))).toBe(basic('five:5'));
  });

  test('go to the host that they are of, after a redirect too, and are in no message', async () => {
    const [first, second] = [await serve({}), await serve({ x: 'content' })];
    first.faults.set('x', { kind: 'redirect', location: `${second.url}/x` });
    const [a, b] = [first, second].map(({ url }) => url);
    const credentials = credentialsFrom(
      await home({ 'apt/auth.conf': entry(a!, 'me:s3cret') + entry(b!, 'you:h1dden') }),
    );
    const lines: string[] = [];
    const http = quickHttp({ credentials, log: (line) => lines.push(line) });
    await http.fetch([`${a}/x`], { what: 'x', limit: 100 });
    expect(first.requests[0]!.headers.authorization).toBe(basic('me:s3cret'));
    expect(second.requests[0]!.headers.authorization).toBe(basic('you:h1dden'));
    await http.fetch([`${a!.replace('//', '//own:p4ss@')}/x`], { what: 'x', limit: 100 });
    expect(first.requests[1]!.headers.authorization).toBe(basic('own:p4ss'));
    second.faults.set('x', { kind: 'status', status: 401 });
    const failure = await failureOf(http.fetch([`${a}/x`], { what: 'x', limit: 100 }));
    expect(failure).toMatchObject({ code: 'network/forbidden', hint: expect.stringContaining('auth.conf') });
    expect(JSON.stringify([failure, failure.message, lines])).not.toMatch(/s3cret|h1dden|p4ss/);
  });
});

describe('certificates', () => {
  const tls = { certificate: null, privateKey: null, authorities: null };
  test('an authority is trusted, and a certificate is shown to who asks for one', async () => {
    const server = await startServer(new Map([['x', Buffer.from('content')]]), { tls: true, mutual: true });
    onTestFinished(server.close);
    const fetchWith = (settings: Partial<typeof tls | Record<string, string>>) =>
      quickHttp({ tls: { ...tls, ...settings }, timeouts: { connect: 5000, idle: 5000 } }).fetch(
        [`${server.url}/x`],
        { what: 'x', limit: 100 },
      );
    const authorities = TEST_CERTIFICATE;
    const identity = { certificate: TEST_CERTIFICATE, privateKey: TEST_CERTIFICATE_KEY };
    expect((await fetchWith({ authorities, ...identity })).body.toString()).toBe('content');
    expect(await failureOf(fetchWith(identity))).toMatchObject({ code: 'network/tls' });
    expect(await failureOf(fetchWith({ authorities }))).toMatchObject({
      code: 'network/tls',
      hint: expect.stringContaining('--certificate'),
    });
  });
});
