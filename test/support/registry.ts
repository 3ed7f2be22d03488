import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from './tls.ts';

/** Takes the place of the registry's own answer to the requests that it matches, so often. */
export interface RegistryFault {
  /** Empty for all. */
  readonly method: string;
  /** The path with its query. */
  readonly path: RegExp;
  readonly times: number;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface RegistryRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: number;
}

export interface Repository {
  readonly blobs: Map<string, Buffer>;
  /** By digest and by tag. */
  readonly manifests: Map<string, { readonly mediaType: string; readonly bytes: Buffer }>;
}

export interface TestRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly requests: RegistryRequest[];
  readonly faults: RegistryFault[];
  /** Other statuses of success than usual, by the method. */
  readonly answers: Map<string, number>;
  /** Manifests that match are refused from now on. */
  readonly refuse: (manifest: RegExp) => void;
  readonly repository: (name: string) => Repository;
  readonly close: () => Promise<void>;
}

export interface TestRegistryOptions {
  /** `user:password`; a token server at `/token` where `tokens` is set. */
  readonly account?: string;
  readonly tokens?: boolean;
  /** The rights of every token, whatever was asked for. */
  readonly granted?: (scope: string) => string;
  /** The status for who says no name: he is asked for it at `/v2/` alone. */
  readonly stranger?: number;
  readonly referrers?: boolean;
  /** With the certificate of tls.ts; `client`: who asks must show it, too. */
  readonly tls?: 'server' | 'client';
}

/** The parts of the OCI distribution API that mkbase uses, in memory, without TLS. */
export async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const repositories = new Map<string, Repository>();
  const uploads = new Map<string, Buffer>();
  const requests: RegistryRequest[] = [];
  const faults: RegistryFault[] = [];
  const answers = new Map<string, number>();
  let refused = /$^/;
  const repository = (name: string): Repository => {
    const found = repositories.get(name) ?? { blobs: new Map(), manifests: new Map() };
    repositories.set(name, found);
    return found;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url: path = '', headers } = request;
    const index = faults.findIndex((fault) => ['', method].includes(fault.method) && fault.path.test(path));
    const fault = faults[index];
    if (fault !== undefined) {
      requests.push({ method, path, headers, bytes: 0 });
      if (fault.times === 1) faults.splice(index, 1);
      else faults[index] = { ...fault, times: fault.times - 1 };
      fault.answer(request, response);
      return;
    }
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(pieces);
    requests.push({ method, path, headers, bytes: body.length });
    const url = new URL(path, `http://${headers.host}`);
    if (url.pathname === '/token') {
      answerToken({ url, headers, body, response, options });
      return;
    }
    const allowed = isAllowed(url, { method, headers, options });
    if (
      allowed !== true &&
      options.stranger !== undefined &&
      headers.authorization === undefined &&
      url.pathname !== '/v2/'
    ) {
      response.writeHead(options.stranger).end();
      return;
    }
    if (allowed !== true) {
      response.writeHead(401, { 'www-authenticate': allowed, 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }),
      );
      return;
    }
    if (method === 'PUT' && refused.test(body.toString('latin1')) && path.includes('/manifests/')) {
      complain(response, 400, 'MANIFEST_INVALID');
      return;
    }
    const write = response.writeHead.bind(response) as (status: number, headers?: object) => ServerResponse;
    response.writeHead = ((status: number, headers?: object) =>
      write(status < 300 ? (answers.get(method) ?? status) : status, headers)) as typeof response.writeHead;
    answer({ method, url, headers, body, response, repository, uploads, options });
  };
  const tls = { cert: TEST_CERTIFICATE, key: TEST_CERTIFICATE_KEY, ca: TEST_CERTIFICATE };
  const server =
    options.tls !== undefined
      ? createTlsServer({ ...tls, requestCert: options.tls === 'client' }, handle)
      : createServer(handle);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    answers,
    refuse(manifest) {
      refused = manifest;
    },
    repository,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

function isAllowed(
  url: URL,
  {
    method,
    headers,
    options,
  }: { method: string; headers: IncomingMessage['headers']; options: TestRegistryOptions },
): true | string {
  const { account, tokens } = options;
  if (account === undefined && tokens !== true) return true;
  if (tokens !== true) {
    const wanted = `Basic ${Buffer.from(account ?? '').toString('base64')}`;
    return headers.authorization === wanted ? true : 'Basic realm="test"';
  }
  const name = /^\/v2\/(.*)\/(?:blobs|manifests|tags|referrers)\//.exec(url.pathname)?.[1] ?? '';
  const action = method === 'GET' || method === 'HEAD' ? 'pull' : 'push';
  const scopes = Buffer.from(headers.authorization?.replace('Bearer ', '') ?? '', 'base64url').toString();
  const has = (scope: string, wanted: string) =>
    scopes.split(' ').some((given) => {
      const [type, repository, actions = ''] = given.split(':');
      return `${type}:${repository}` === scope && actions.split(',').includes(wanted);
    });
  if (has(`repository:${name}`, action)) return true;
  const error = headers.authorization === undefined ? '' : ',error="insufficient_scope"';
  return `Bearer realm="http://${headers.host}/token",service="test",scope="repository:${name}:${action}"${error}`;
}

function answerToken({
  url,
  headers,
  body,
  response,
  options,
}: {
  url: URL;
  headers: IncomingMessage['headers'];
  body: Buffer;
  response: ServerResponse;
  options: TestRegistryOptions;
}): void {
  const { account, granted = (scope) => scope } = options;
  const form = new URLSearchParams(body.toString());
  const basic = Buffer.from(headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
  const known = account === undefined || basic === account || form.get('refresh_token') === account;
  if (!known && (headers.authorization !== undefined || form.has('refresh_token'))) {
    response.writeHead(401).end();
    return;
  }
  const scopes = [...url.searchParams.getAll('scope'), ...(form.get('scope') ?? '').split(' ')].filter(
    Boolean,
  );
  const may = scopes.map((scope) => granted(known ? scope : scope.replace(/:[^:]*$/, ':none')));
  // No two tokens are the same.
  const token = Buffer.from([...may, randomUUID()].join(' ')).toString('base64url');
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ token, expires_in: 300 }));
}

interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly response: ServerResponse;
  readonly repository: (name: string) => Repository;
  readonly uploads: Map<string, Buffer>;
  readonly options: TestRegistryOptions;
}

function answer(exchange: Exchange): void {
  const { url, response, repository } = exchange;
  const [, name = '', kind, rest = ''] =
    /^\/v2\/(.+?)\/(blobs\/uploads|blobs|manifests|tags|referrers)\/(.*)$/.exec(url.pathname) ?? [];
  const here = repository(name);
  switch (kind) {
    case 'blobs':
      answerContent(exchange, here.blobs.get(rest), 'application/octet-stream');
      break;
    case 'blobs/uploads':
      answerUpload(exchange, { name, id: rest, here });
      break;
    case 'manifests':
      answerManifest(exchange, { reference: rest, here });
      break;
    case 'tags':
      answerTags(exchange, { name, here });
      break;
    default:
      if (kind === 'referrers' && exchange.options.referrers === true) answerReferrers(exchange, here, rest);
      else response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
  }
}

function answerTags({ url, response }: Exchange, { name, here }: { name: string; here: Repository }): void {
  const all = [...here.manifests.keys()].filter((key) => !key.includes(':')).sort();
  const after = all.filter((tag) => tag > (url.searchParams.get('last') ?? ''));
  const tags = after.slice(0, Number(url.searchParams.get('n') ?? 100));
  const isMore = tags.length < after.length;
  const next = `</v2/${name}/tags/list?n=${tags.length}&last=${tags.at(-1)}>; rel="next"`;
  response.writeHead(200, { 'content-type': 'application/json', ...(isMore && { link: next }) });
  response.end(JSON.stringify({ name, tags }));
}

function answerContent(
  { method, headers, response }: Exchange,
  bytes: Buffer | undefined,
  type: string,
): void {
  if (bytes === undefined) {
    complain(response, 404, 'NOT_FOUND');
    return;
  }
  const start = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200, {
    'content-type': type,
    'content-length': bytes.length - start,
    'docker-content-digest': digestOf(bytes),
    ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
  });
  response.end(method === 'HEAD' ? undefined : bytes.subarray(start));
}

function answerUpload(
  { method, url, body, response, repository, uploads }: Exchange,
  { name, id, here }: { name: string; id: string; here: Repository },
): void {
  const location = (upload: string) => `/v2/${name}/blobs/uploads/${upload}?_state=s`;
  if (method === 'POST') {
    const [mount, from] = [url.searchParams.get('mount'), url.searchParams.get('from')];
    const source = from === null || mount === null ? undefined : repository(from).blobs.get(mount);
    if (source !== undefined) {
      here.blobs.set(mount!, source);
      response.writeHead(201).end();
      return;
    }
    const upload = randomUUID();
    uploads.set(upload, Buffer.alloc(0));
    response.writeHead(202, { location: location(upload) }).end();
    return;
  }
  const before = uploads.get(id);
  if (before === undefined) {
    complain(response, 404, 'BLOB_UPLOAD_UNKNOWN');
    return;
  }
  const all = Buffer.concat([before, body]);
  uploads.delete(id);
  if (method === 'DELETE') {
    response.writeHead(204).end();
    return;
  }
  if (method === 'PATCH') {
    const upload = randomUUID();
    uploads.set(upload, all);
    response.writeHead(202, { location: location(upload), range: `0-${all.length - 1}` }).end();
    return;
  }
  const digest = url.searchParams.get('digest') ?? '';
  if (digest !== digestOf(all)) {
    complain(response, 400, 'DIGEST_INVALID');
    return;
  }
  here.blobs.set(digest, all);
  response.writeHead(201, { 'docker-content-digest': digest }).end();
}

function answerManifest(
  exchange: Exchange,
  { reference, here }: { reference: string; here: Repository },
): void {
  const { method, headers, body, response, options } = exchange;
  if (method !== 'PUT') {
    const found = here.manifests.get(reference);
    answerContent(exchange, found?.bytes, found?.mediaType ?? '');
    return;
  }
  const document = JSON.parse(body.toString()) as {
    config?: { digest: string };
    layers?: { digest: string }[];
    manifests?: { digest: string }[];
    subject?: { digest: string };
  };
  const blobs = [...(document.config === undefined ? [] : [document.config]), ...(document.layers ?? [])];
  const isWhole =
    blobs.every(({ digest }) => here.blobs.has(digest)) &&
    (document.manifests ?? []).every(({ digest }) => here.manifests.has(digest));
  if (!isWhole) {
    complain(response, 400, 'MANIFEST_BLOB_UNKNOWN');
    return;
  }
  const digest = digestOf(body);
  for (const key of [digest, reference]) {
    here.manifests.set(key, { mediaType: headers['content-type'] ?? '', bytes: body });
  }
  const subject = options.referrers === true ? document.subject?.digest : undefined;
  response.writeHead(201, {
    'docker-content-digest': digest,
    ...(subject !== undefined && { 'oci-subject': subject }),
  });
  response.end();
}

function answerReferrers({ response }: Exchange, { manifests }: Repository, subject: string): void {
  const found = [...manifests].flatMap(([key, { mediaType, bytes }]) => {
    const document = JSON.parse(bytes.toString());
    if (!key.includes(':') || document.subject?.digest !== subject) return [];
    const artifactType = document.artifactType ?? document.config?.mediaType;
    return [{ mediaType, digest: key, size: bytes.length, artifactType, annotations: document.annotations }];
  });
  response.writeHead(200, { 'content-type': 'application/vnd.oci.image.index.v1+json' });
  response.end(JSON.stringify({ schemaVersion: 2, manifests: found }));
}

function complain(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] }));
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
