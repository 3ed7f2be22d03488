/** Requests of the API of a running engine, <https://docs.docker.com/reference/api/engine/>. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MkbaseError, reasonOf } from '../errors.ts';
import { type Watch, watchIdle } from '../fetch/watch.ts';
import { type EngineAddress, engineAddress } from './engine-address.ts';

export interface EngineOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** An engine that answers. */
export interface Engine {
  /** As the user has named it. */
  readonly name: string;
  ask(call: EngineCall): Promise<EngineAnswer>;
}

export interface EngineCall {
  readonly method: 'GET' | 'POST';
  /** Below the version of the API: `/images/load`. */
  readonly path: string;
  /** A tar. */
  readonly body?: AsyncIterable<Buffer>;
}

export interface EngineAnswer {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly body: AsyncIterable<Buffer>;
}

/** Milliseconds. An engine says nothing while it unpacks or packs an image. */
const PATIENCE = { ping: 30_000, work: 600_000 };

/**
 * Asks the engine for the version of its API, by which everything else is asked.
 *
 * @throws MkbaseError `target/engine-unreachable`, `usage/bad-value`
 */
export async function openEngine({ env, signal }: EngineOptions): Promise<Engine> {
  const address = await engineAddress(env);
  const line = { address, env, signal };
  const ping = await send({ method: 'GET', path: '/_ping' }, { ...line, patience: PATIENCE.ping });
  const version = ping.header('api-version') ?? '';
  for await (const _ of ping.body);
  const prefix = /^\d+\.\d+$/.test(version) ? `/v${version}` : '';
  return {
    name: address.shown,
    ask: (call) => send({ ...call, path: `${prefix}${call.path}` }, { ...line, patience: PATIENCE.work }),
  };
}

interface EngineConnection extends EngineOptions {
  readonly address: EngineAddress;
  readonly patience: number;
}

async function send({ method, path, body }: EngineCall, line: EngineConnection): Promise<EngineAnswer> {
  const { address, signal, patience } = line;
  const watch = watchIdle(patience, signal);
  const failed = (error: unknown): MkbaseError => {
    watch.stop();
    if (signal.aborted) return new MkbaseError('interrupted/signal', 'interrupted', { cause: error });
    if (error instanceof MkbaseError) return error;
    return unreachable(address, watch.expired() ?? error);
  };
  const type = body === undefined ? {} : { 'content-type': 'application/x-tar' };
  const request = connect(line, { method, path, headers: type, signal: watch.signal });
  const answered = answerTo(request);
  answered.catch(() => {}); // Reported below, unless sending failed for the same reason.
  await pipeline(Readable.from(watched(body ?? [], watch)), request).catch((error: unknown) => {
    // An engine that refuses closes the connection while the archive is being sent.
    return answered.then(
      () => undefined,
      () => {
        throw failed(error);
      },
    );
  });
  const answer = await answered.catch((error: unknown) => {
    throw failed(error);
  });
  const header = (name: string) => [answer.headers[name] ?? []].flat()[0] ?? null;
  return { status: answer.statusCode ?? 0, header, body: piecesOf(answer, watch, failed) };
}

function connect({ address, env }: EngineConnection, options: RequestOptions): ClientRequest {
  // A socket has no host name, but HTTP wants one.
  const nameless = { ...options, headers: { ...options.headers, host: 'docker' } };
  switch (address.kind) {
    case 'unix':
      return httpRequest({ ...nameless, socketPath: address.path });
    case 'tcp': {
      const { host, port, tls } = address;
      return tls === null
        ? httpRequest({ ...options, host, port })
        : httpsRequest({ ...options, host, port, agent: false, ...tls });
    }
    case 'ssh': {
      const agent = new Agent({ keepAlive: false });
      agent.createConnection = () =>
        overSsh(address.args, env) as unknown as ReturnType<Agent['createConnection']>;
      return httpRequest({ ...nameless, agent });
    }
  }
}

/** As docker does it: its own program on the other machine passes on what it reads and says. */
function overSsh(args: readonly string[], env: EngineOptions['env']): Duplex {
  const child = spawn('ssh', [...args, 'docker', 'system', 'dial-stdio'], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  closed.catch(() => {}); // Reported by what is read.
  let complaints = '';
  child.stderr.on('data', (bytes: Buffer) => {
    complaints = (complaints + bytes.toString()).slice(-500);
  });
  async function* output(): AsyncGenerator<Buffer> {
    yield* child.stdout;
    const [status] = await closed;
    if (status !== 0)
      throw new Error(complaints.trim().split('\n').at(-1) || `ssh ended with status ${status}`);
  }
  child.stdin.on('error', () => {}); // One that has ended has said why.
  const input = new Writable({
    write: (bytes, _, done) => child.stdin.write(bytes, () => done()),
    final: (done) => child.stdin.end(() => done()),
  });
  const connection = Duplex.from({
    readable: Readable.from(output(), { objectMode: false }),
    writable: input,
  });
  return connection.once('close', () => child.kill());
}

function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
}

/** Time runs while a piece is sent, not while it is read. */
async function* watched(
  pieces: AsyncIterable<Buffer> | readonly Buffer[],
  watch: Watch,
): AsyncGenerator<Buffer> {
  watch.stop();
  for await (const piece of pieces) {
    watch.start();
    yield piece;
    watch.moved(piece.length);
  }
  watch.think();
}

async function* piecesOf(
  answer: IncomingMessage,
  watch: Watch,
  failed: (error: unknown) => MkbaseError,
): AsyncGenerator<Buffer> {
  try {
    for await (const piece of answer) {
      watch.moved((piece as Buffer).length);
      yield piece as Buffer;
      watch.start();
    }
  } catch (error) {
    throw failed(error);
  } finally {
    watch.stop();
  }
}

function unreachable({ kind, shown }: EngineAddress, cause: unknown): MkbaseError {
  const socket = shown.replace('unix://', '');
  const allowed = kind === 'unix' ? `; this user must be allowed to open \`${socket}\`` : '';
  return new MkbaseError(
    'target/engine-unreachable',
    `no engine answers at \`${shown}\`: ${reasonOf(cause)}`,
    {
      hint: `start it, or set DOCKER_HOST or a docker context to where it is${allowed}`,
      cause,
    },
  );
}
