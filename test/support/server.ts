import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from './tls.ts';

/** A fault of a path. `times` ends it: after so many requests the path is served well. */
export type Fault = { readonly times?: number } & (
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  /** The connection is closed after this many bytes of the body, whose length was announced. */
  | { readonly kind: 'cut'; readonly after: number }
  /** A captive portal's page with status 200. */
  | { readonly kind: 'html' }
  /** Other bytes with status 200. */
  | { readonly kind: 'content'; readonly content: Buffer }
  /** Range is not heeded: 200 and the whole file. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** The request is read and never answered; with `after`, the body stops there and the connection stays. */
  | { readonly kind: 'hang'; readonly after?: number }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
);

export interface ServedRequest {
  readonly method: string;
  /** Decoded, without the leading slash and the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export interface TestServer {
  /** `http://127.0.0.1:PORT`, no trailing slash. */
  readonly url: string;
  /** By path without a leading slash; may be changed while the server runs. */
  readonly faults: Map<string, Fault>;
  /** Sent with every answer. */
  readonly responseHeaders: Map<string, string>;
  /** Every request so far, in order. */
  readonly requests: ServedRequest[];
  /** Connections ever opened, to see that they are kept alive. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

export interface ServerOptions {
  /** With the self-signed certificate of tls.ts. */
  readonly tls?: boolean;
  /** It asks for that certificate in return. */
  readonly mutual?: boolean;
  readonly faults?: Readonly<Record<string, Fault>>;
}

/** Serves a map of path (without a leading slash) → content, or a directory, on a free port of 127.0.0.1. */
export async function startServer(
  content: ReadonlyMap<string, Buffer> | string,
  options: ServerOptions = {},
): Promise<TestServer> {
  const faults = new Map(Object.entries(options.faults ?? {}));
  const responseHeaders = new Map<string, string>();
  const requests: ServedRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = decodeURIComponent(pathname).slice(1);
    requests.push({ method: request.method ?? '', path, headers: request.headers });
    for (const [name, value] of responseHeaders) response.setHeader(name, value);
    const fault = takeFault(faults, path);
    const bytes = await contentOf(content, path);
    await answer({ request, response, bytes, fault });
  };
  const server = options.tls
    ? createTlsServer(
        {
          cert: TEST_CERTIFICATE,
          key: TEST_CERTIFICATE_KEY,
          ...(options.mutual && { ca: TEST_CERTIFICATE, requestCert: true }),
        },
        listener,
      )
    : createServer(listener);
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    faults,
    responseHeaders,
    requests,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

interface Answer {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly bytes: Buffer | undefined;
  readonly fault: Fault | undefined;
}

async function answer({ request, response, bytes, fault }: Answer): Promise<void> {
  switch (fault?.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers).end(`status ${fault.status}\n`);
      return;
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>Log in</title>\n');
      return;
    case 'redirect':
      response.writeHead(fault.status ?? 302, { location: fault.location }).end();
      return;
    case 'content':
      response.writeHead(200, { 'content-length': fault.content.length }).end(fault.content);
      return;
  }
  if (fault?.kind === 'hang' && fault.after === undefined) return;
  if (bytes === undefined) {
    response.writeHead(404).end('not found\n');
    return;
  }
  const start = fault?.kind === 'whole' ? 0 : rangeStart(request.headers.range);
  if (start > 0 && start >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  const body = bytes.subarray(start);
  const range = start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {};
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length, ...range });
  if (request.method === 'HEAD') response.end();
  else await sendBody(response, body, fault);
}

async function sendBody(response: ServerResponse, body: Buffer, fault: Fault | undefined): Promise<void> {
  switch (fault?.kind) {
    case 'cut':
      response.write(body.subarray(0, fault.after), () => response.destroy());
      return;
    case 'hang':
      response.write(body.subarray(0, fault.after));
      return;
    case 'slow': {
      const step = Math.max(1, Math.ceil(fault.bytesPerSecond / 20));
      for (let at = 0; at < body.length && !response.destroyed; at += step) {
        response.write(body.subarray(at, at + step));
        await sleep(50);
      }
      response.end();
      return;
    }
    default:
      response.end(body);
  }
}

function takeFault(faults: Map<string, Fault>, path: string): Fault | undefined {
  const fault = faults.get(path);
  if (fault?.times !== undefined) {
    if (fault.times > 1) faults.set(path, { ...fault, times: fault.times - 1 });
    else faults.delete(path);
  }
  return fault;
}

async function contentOf(
  content: ReadonlyMap<string, Buffer> | string,
  path: string,
): Promise<Buffer | undefined> {
  if (typeof content !== 'string') return content.get(path);
  return readFile(join(content, path)).catch(() => undefined);
}

/** First byte of `bytes=N-`; 0 without the header. */
function rangeStart(range: string | undefined): number {
  return Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
}
