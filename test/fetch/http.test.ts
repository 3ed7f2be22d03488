import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failureOf, quickHttp, serve } from './support.ts';

const LIMIT = { what: 'InRelease', limit: 1000 };

async function unusedUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

describe('a good mirror', () => {
  test('gives the bytes as they are, without unpacking', async () => {
    const server = await serve({ 'a.gz': Buffer.from([0x1f, 0x8b, 0, 255]) });
    const { body, url } = await quickHttp().fetch([`${server.url}/a.gz`], LIMIT);
    expect(body).toEqual(Buffer.from([0x1f, 0x8b, 0, 255]));
    expect(url).toBe(`${server.url}/a.gz`);
    expect(server.requests[0]!.headers['cache-control']).toBe('max-age=0');
  });

  test('is asked over connections that are kept', async () => {
    const server = await serve({ a: 'a' });
    const http = quickHttp({ connections: 2 });
    await Promise.all(Array.from({ length: 20 }, () => http.fetch([`${server.url}/a`], LIMIT)));
    // A machine under load may give one up and open another.
    expect(server.connections()).toBeLessThan(5);
  });

  test('may redirect, and the password stays with the host it was given for', async () => {
    const other = await serve({ b: 'moved' });
    const server = await serve(
      {},
      {
        faults: {
          a: { kind: 'redirect', location: '/again' },
          again: { kind: 'redirect', location: `${other.url}/b` },
        },
      },
    );
    const url = `${server.url}/a`.replace('//', '//me:s%40crt@');
    expect((await quickHttp().fetch([url], LIMIT)).body.toString()).toBe('moved');
    const authorization = `Basic ${Buffer.from('me:s@crt').toString('base64')}`;
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      authorization,
      authorization,
    ]);
    expect(other.requests[0]!.headers.authorization).toBeUndefined();
  });
});

describe('each failure has its own code', () => {
  test('a host without an address', async () => {
    const error = await failureOf(quickHttp().fetch(['http://mirror.invalid/InRelease'], LIMIT));
    expect(error.code).toBe('network/dns');
    expect(error.message).toMatch(
      /^cannot fetch `InRelease` from `http:\/\/mirror.invalid\/InRelease`: the host name `mirror.invalid` cannot be resolved/,
    );
  });

  test('nobody listens', async () => {
    const http = quickHttp();
    const error = await failureOf(http.fetch([`${await unusedUrl()}/a`], LIMIT));
    expect(error.code).toBe('network/refused');
    expect(error.message).toMatch(/the connection was refused$/);
    expect(http.waits).toEqual([500]);
  });

  test.each([
    ['never answers', undefined],
    ['stops in the middle', 3],
  ])('a mirror that %s', async (_, after) => {
    const server = await serve(
      { a: '0123456789' },
      { faults: { a: { kind: 'hang', ...(after && { after }) } } },
    );
    const error = await failureOf(quickHttp().fetch([`${server.url}/a`], LIMIT));
    expect(error.code).toBe('network/timeout');
    expect(error.message).toMatch(/nothing was received for 1 s$/);
  });

  test('a slow mirror is no failure while bytes come', async () => {
    const server = await serve(
      { a: '0123456789'.repeat(5000) },
      { faults: { a: { kind: 'slow', bytesPerSecond: 50_000 } } },
    );
    expect((await quickHttp().fetch([`${server.url}/a`], { ...LIMIT, limit: 50_000 })).body).toHaveLength(
      50_000,
    );
  });

  test('a mirror that sends a byte now and then is left', async () => {
    const server = await serve(
      { a: '0123456789'.repeat(5000) },
      { faults: { a: { kind: 'slow', bytesPerSecond: 20 } } },
    );
    const error = await failureOf(quickHttp().fetch([`${server.url}/a`], { ...LIMIT, limit: 50_000 }));
    expect(error.code).toBe('network/timeout');
    expect(error.message).toMatch(/fewer than 1000 bytes a second passed for 1 s$/);
    expect(server.requests).toHaveLength(2);
  });

  test('a mirror is not blamed for the time that this side takes', async () => {
    const server = await serve({ a: 'x'.repeat(500) });
    const received = await quickHttp().download([`${server.url}/a`], {
      what: 'a',
      async receive({ body }) {
        let length = 0;
        for await (const piece of body) {
          await sleep(500);
          length += piece.length;
        }
        return length;
      },
    });
    expect(received).toBe(500);
  });

  test('a certificate that nobody vouches for', async () => {
    const server = await serve({ a: 'a' }, { tls: true });
    const error = await failureOf(quickHttp().fetch([`${server.url}/a`], LIMIT));
    expect(error.code).toBe('network/tls');
    expect(error.hint).toContain('--ca-certificate');
  });

  test.each([
    [404, 'network/not-found'],
    [410, 'network/not-found'],
    [401, 'network/forbidden'],
    [403, 'network/forbidden'],
    [407, 'network/forbidden'],
  ])('status %i', async (status, code) => {
    const server = await serve({}, { faults: { a: { kind: 'status', status } } });
    const error = await failureOf(quickHttp().fetch([`${server.url}/a`], LIMIT));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`(status ${status})`);
    expect(server.requests).toHaveLength(1);
  });

  test('a web page in the place of the file', async () => {
    const server = await serve({}, { faults: { a: { kind: 'html' } } });
    const error = await failureOf(quickHttp().fetch([`${server.url}/a`], LIMIT));
    expect(error.code).toBe('network/not-a-package');
  });

  test('more bytes than the file can have', async () => {
    const server = await serve({ a: 'x'.repeat(1001) });
    const error = await failureOf(quickHttp().fetch([`${server.url}/a`], LIMIT));
    expect(error.code).toBe('network/too-large');
  });

  test('redirects without end', async () => {
    const server = await serve({}, { faults: { a: { kind: 'redirect', location: '/a' } } });
    const error = await failureOf(quickHttp().fetch([`${server.url}/a`], LIMIT));
    expect(error.code).toBe('network/redirects');
    expect(server.requests).toHaveLength(6);
  });

  test('a redirect to a file of this machine', async () => {
    const server = await serve({}, { faults: { a: { kind: 'redirect', location: 'file:///etc/passwd' } } });
    const error = await failureOf(quickHttp().fetch([`${server.url}/a`], LIMIT));
    expect(error.message).toMatch(/a redirect to a `file:` address$/);
  });

  test('something that is not HTTP', async () => {
    const tcp = createTcpServer((socket) => socket.end('SSH-2.0-x\r\n')).listen(0, '127.0.0.1');
    onTestFinished(() => void tcp.close());
    await new Promise((resolve) => tcp.once('listening', resolve));
    const error = await failureOf(
      quickHttp().fetch([`http://127.0.0.1:${(tcp.address() as AddressInfo).port}/`], LIMIT),
    );
    expect(error.code).toBe('network/cut');
    expect(error.message).toMatch(/the answer is not HTTP$/);
  });

  test('an address of another kind', async () => {
    expect((await failureOf(quickHttp().fetch(['ftp://x/y'], LIMIT))).code).toBe('usage/address');
  });

  test('--offline', async () => {
    expect((await failureOf(quickHttp({ offline: true }).fetch(['http://x/y'], LIMIT))).code).toBe(
      'network/offline',
    );
  });

  test('a user who interrupts, while bytes come and while it waits', async () => {
    const server = await serve({ a: 'aaaa', b: '' }, { faults: { a: { kind: 'hang', after: 1 } } });
    server.faults.set('b', { kind: 'status', status: 503 });
    const controller = new AbortController();
    const http = quickHttp({
      signal: controller.signal,
      timeouts: { connect: 9000, idle: 9000 },
      sleep: (milliseconds, signal) => sleep(milliseconds * 100, undefined, { signal }),
    });
    const failures = Promise.all(
      ['a', 'b'].map((path) => failureOf(http.fetch([`${server.url}/${path}`], LIMIT))),
    );
    await sleep(50);
    controller.abort();
    expect((await failures).map(({ code }) => code)).toEqual(['interrupted/signal', 'interrupted/signal']);
  });
});

test('no message shows a password or a token', async () => {
  const url = `${(await unusedUrl()).replace('//', '//me:secret@')}/a?token=secret`;
  const lines: string[] = [];
  const error = await failureOf(
    quickHttp({ log: (line) => lines.push(line) }).fetch([url, 'http://me:secret@x.invalid/'], LIMIT),
  );
  expect([error.message, ...error.details, ...lines].join('\n')).not.toContain('secret');
});

describe('retries', () => {
  test('a server that fails three times is asked again, with growing waits', async () => {
    const server = await serve({ a: 'good' }, { faults: { a: { kind: 'status', status: 500, times: 3 } } });
    const http = quickHttp();
    expect((await http.fetch([`${server.url}/a`], LIMIT)).body.toString()).toBe('good');
    expect(http.waits).toEqual([500, 1000, 2000]);
  });

  test('Retry-After is heeded', async () => {
    const fault = { kind: 'status', status: 503, times: 1, headers: { 'retry-after': '7' } } as const;
    const server = await serve({ a: 'good' }, { faults: { a: fault } });
    const http = quickHttp();
    await http.fetch([`${server.url}/a`], LIMIT);
    expect(http.waits).toEqual([7000]);
  });

  test('a mirror that asks for too much patience is left', async () => {
    const fault = { kind: 'status', status: 429, headers: { 'retry-after': '3600' } } as const;
    const [busy, free] = await Promise.all([serve({}, { faults: { a: fault } }), serve({ a: 'good' })]);
    const http = quickHttp();
    await http.fetch([`${busy.url}/a`, `${free.url}/a`], LIMIT);
    expect(http.waits).toEqual([]);
    expect(busy.requests).toHaveLength(1);
  });
});

describe('the list of mirrors', () => {
  test('goes on with the next mirror, and remembers which could not be reached', async () => {
    const good = await serve({ a: 'good' });
    const http = quickHttp();
    const urls = [`${await unusedUrl()}/a`, `${good.url}/a`];
    expect((await http.fetch(urls, LIMIT)).url).toBe(urls[1]);
    await http.fetch(urls, LIMIT);
    expect(http.waits).toEqual([500]);
  });

  test('says what each mirror said; a file that is gone says more than a mirror that is down', async () => {
    const server = await serve({});
    const error = await failureOf(quickHttp().fetch([`${await unusedUrl()}/a`, `${server.url}/a`], LIMIT));
    expect(error.code).toBe('network/not-found');
    expect(error.details).toEqual([expect.stringContaining('the connection was refused')]);
  });
});

describe('proxies from the environment', () => {
  test('plain http is asked for by its whole address', async () => {
    const proxy = await serve({ 'debian/InRelease': 'by proxy' });
    const env = { http_proxy: proxy.url.replace('//', '//user:pw@') };
    const { body } = await quickHttp({ env }).fetch(['http://mirror.invalid/debian/InRelease'], LIMIT);
    expect(body.toString()).toBe('by proxy');
    expect(proxy.requests[0]!.headers.host).toBe('mirror.invalid');
    expect(proxy.requests[0]!.headers['proxy-authorization']).toBe(
      `Basic ${Buffer.from('user:pw').toString('base64')}`,
    );
  });

  test('https goes through a tunnel', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      asked.push(request.url);
      const [, port] = request.url!.split(':');
      const target = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
      target.on('error', () => socket.destroy());
      socket.on('error', () => target.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    onTestFinished(() => void proxy.close());
    await new Promise((resolve) => proxy.once('listening', resolve));
    const server = await serve({ a: 'a' }, { tls: true });
    const env = { HTTPS_PROXY: `127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    const error = await failureOf(quickHttp({ env }).fetch([`${server.url}/a`], LIMIT));
    expect(error.code).toBe('network/tls');
    expect(error.message).toContain('through the proxy `http://127.0.0.1:');
    expect(asked[0]).toBe(server.url.replace('https://', ''));
  });

  test('a proxy that is down is named', async () => {
    const env = { http_proxy: await unusedUrl() };
    const error = await failureOf(quickHttp({ env }).fetch(['http://mirror.invalid/a'], LIMIT));
    expect(error.code).toBe('network/refused');
    expect(error.message).toContain(`through the proxy \`${env.http_proxy}/\``);
  });
});
