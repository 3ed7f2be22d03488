import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { post } from '../../src/fetch/post.ts';
import { callWebhook, isNews, runOnChange } from '../../src/refresh/notify.ts';
import { eventOf, type Outcome } from '../../src/refresh/outcome.ts';

const OUTCOME: Outcome = {
  ...{
    name: 'base',
    result: 'changed',
    reason: 'packages',
    digest: 'sha256:d',
    names: ['r/base:x', 'r/base:y'],
  },
  ...{ changes: null, oldestIndex: null, error: null, seconds: 1 },
};
const signal = new AbortController().signal;

let received: { headers: IncomingMessage['headers']; body: string }[];
let answers: number[];
let endless: boolean;
let url: string;
let close: () => Promise<void>;
beforeEach(async () => {
  received = [];
  answers = [];
  endless = false;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const bytes of request) body += bytes;
    received.push({ headers: request.headers, body });
    if (endless) return pipeline(Readable.from(letters()), response.writeHead(200)).catch(() => {});
    response.writeHead(answers.shift() ?? 204, { location: '/elsewhere' }).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`;
  close = () => new Promise((done) => server.close(() => done()));
});
afterEach(() => close());

function* letters(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(2 ** 16, 'x');
}

describe('a webhook', () => {
  it('gets the outcome as JSON, signed over its bytes', async () => {
    await callWebhook(OUTCOME, { url, secret: 's3cret', env: {}, signal });
    const [{ headers, body }] = received as [(typeof received)[0]];
    expect(JSON.parse(body)).toMatchObject({ type: 'refresh', name: 'base', result: 'changed', error: null });
    const hmac = createHmac('sha256', 's3cret').update(body).digest('hex');
    expect(headers['x-mkbase-signature-256']).toBe(`sha256=${hmac}`);
  });

  it('without a secret is not signed', async () => {
    await callWebhook(OUTCOME, { url, secret: null, env: {}, signal });
    expect(received[0]?.headers).not.toHaveProperty('x-mkbase-signature-256');
  });

  const send = () => post(url, Buffer.from('x'), { headers: {}, env: {}, signal, sleep: async () => {} });

  it('is called again where it is down, and not where it refuses', async () => {
    answers = [500, 429, 204];
    await send();
    expect(received).toHaveLength(3);
    answers = [403];
    await expect(send()).rejects.toMatchObject({ code: 'network/forbidden' });
    expect(received).toHaveLength(4);
  });

  it('is given up in the end, in words that hide its path', async () => {
    answers = [500, 500, 500, 500];
    const error = await send().catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'network/server-error' });
    expect(String(error)).not.toContain('secret-path');
  });

  it('is not followed elsewhere', async () => {
    answers = [302];
    await expect(send()).rejects.toThrow();
    expect(received).toHaveLength(1);
  });

  it('may answer without an end', { timeout: 5000 }, async () => {
    endless = true;
    await send();
    await close();
  });

  it('is told of changes and failures alone', () => {
    const results = ['unchanged', 'changed', 'outdated', 'failed'] as const;
    expect(results.filter((result) => isNews({ ...OUTCOME, result }))).toEqual(['changed', 'failed']);
  });
});

describe('a command on change', () => {
  it('has names in its environment and the outcome on its input', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mkbase-exec-'));
    const env = { PATH: process.env.PATH, OUT: join(folder, 'out') };
    await runOnChange(OUTCOME, 'cat >"$OUT"; echo "$MKBASE_IMAGE $MKBASE_DIGEST $MKBASE_NAMES" >>"$OUT"', {
      env,
      signal,
    });
    const text = await readFile(env.OUT, 'utf8');
    await rm(folder, { recursive: true });
    expect(text).toBe(`${JSON.stringify(eventOf(OUTCOME))}base sha256:d r/base:x r/base:y\n`);
  });

  it('that fails says so', async () => {
    await expect(runOnChange(OUTCOME, 'exit 3', { env: {}, signal })).rejects.toMatchObject({
      code: 'host/command-failed',
      message: '`exit 3` failed with status 3 for `base`',
    });
  });
});
