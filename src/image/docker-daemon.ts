/** Images in and out of a running engine over its API, <https://docs.docker.com/reference/api/engine/>. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MkbaseError, reasonOf } from '../errors.ts';
import { dockerArchive } from './archive.ts';
import type { Image } from './image.ts';
import type { Reference } from './reference.ts';

export interface DaemonOptions {
  readonly names: readonly Reference[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * `docker load` without docker. The answer is 200 even where loading fails: the error is in its stream.
 *
 * @throws MkbaseError `target/engine-unreachable`, `target/engine-refused`
 */
export async function loadIntoDaemon(image: Image, { names, env, signal }: DaemonOptions): Promise<void> {
  const address = daemonAddress(env);
  const request = httpRequest({
    ...connection(address),
    method: 'POST',
    path: '/images/load?quiet=1',
    headers: { host: 'docker', 'content-type': 'application/x-tar' },
    signal,
  });
  const answered = answerTo(request);
  answered.catch(() => {}); // Told below, unless sending failed for the same reason.
  await pipeline(Readable.from(dockerArchive(image, names)), request).catch((error: unknown) => {
    // An engine that refuses closes the connection while the archive is being sent.
    return answered.then(
      () => undefined,
      () => {
        throw unreachable(address, error);
      },
    );
  });
  const answer = await answered.catch((error: unknown) => {
    throw unreachable(address, error);
  });
  const text = await textOf(answer);
  const complaint = complaintOf(text);
  if (answer.statusCode === 200 && complaint === null) return;
  throw new MkbaseError(
    'target/engine-refused',
    `the engine at \`${address}\` did not load the image: ${complaint ?? `status ${answer.statusCode}`}`,
    {
      hint: 'see the log of the engine; `docker info` tells its version and storage',
      details: text.split('\n').slice(0, 20),
    },
  );
}

/**
 * `docker save` without docker: the archive of one image, by its name or id.
 *
 * @throws MkbaseError `target/engine-unreachable`, `image/not-found`, `target/engine-refused`
 */
export async function saveFromDaemon(
  name: string,
  { env, signal }: Omit<DaemonOptions, 'names'>,
): Promise<AsyncIterable<Buffer>> {
  const address = daemonAddress(env);
  const path = `/images/${encodeURIComponent(name)}/get`;
  const request = httpRequest({ ...connection(address), path, headers: { host: 'docker' }, signal });
  request.end();
  const answer = await answerTo(request).catch((error: unknown) => {
    throw unreachable(address, error);
  });
  if (answer.statusCode === 200) return answer;
  const complaint = complaintOf(await textOf(answer)) ?? `status ${answer.statusCode}`;
  const absent = answer.statusCode === 404;
  throw new MkbaseError(
    absent ? 'image/not-found' : 'target/engine-refused',
    `the engine at \`${address}\` does not give \`${name}\`: ${complaint}`,
    { hint: absent ? '`docker images` tells what it has' : 'see the log of the engine' },
  );
}

/**
 * Whether an engine answers, before work is done for it.
 *
 * @throws MkbaseError `target/engine-unreachable`
 */
export async function pingDaemon({ env, signal }: Omit<DaemonOptions, 'names'>): Promise<void> {
  const address = daemonAddress(env);
  const request = httpRequest({
    ...connection(address),
    path: '/_ping',
    headers: { host: 'docker' },
    signal,
  });
  request.end();
  const answer = await answerTo(request).catch((error: unknown) => {
    throw unreachable(address, error);
  });
  answer.resume();
}

/** DOCKER_HOST, else docker's own socket. */
function daemonAddress(env: DaemonOptions['env']): string {
  const host = env.DOCKER_HOST ?? '';
  return host === '' ? 'unix:///var/run/docker.sock' : host;
}

function connection(address: string): { socketPath: string } | { hostname: string; port: number } {
  const unix = /^unix:\/\/(\/.*)$/.exec(address)?.[1];
  if (unix !== undefined) return { socketPath: unix };
  const tcp = URL.canParse(address) ? new URL(address.replace(/^tcp:/, 'http:')) : undefined;
  if (tcp?.protocol === 'http:' && tcp.port !== '') return { hostname: tcp.hostname, port: Number(tcp.port) };
  throw new MkbaseError(
    'usage/bad-value',
    `DOCKER_HOST is \`${address}\`, which is no address of an engine`,
    {
      hint: 'set it as in `unix:///run/user/1000/podman/podman.sock` or `tcp://127.0.0.1:2375`',
    },
  );
}

function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
}

const LONGEST_ANSWER = 2 ** 20;

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of answer) {
    if (text.length < LONGEST_ANSWER) text += piece;
  }
  return text.trim();
}

/** The first error of a stream of JSON objects, or of an error's `message`. */
function complaintOf(text: string): string | null {
  for (const line of text.split('\n')) {
    try {
      const { error, message } = JSON.parse(line) as { error?: string; message?: string };
      if (error !== undefined || message !== undefined) return error ?? message ?? null;
    } catch {
      // Progress may be plain text.
    }
  }
  return null;
}

function unreachable(address: string, cause: unknown): MkbaseError {
  const socket = address.replace('unix://', '');
  return new MkbaseError(
    'target/engine-unreachable',
    `no engine answers at \`${address}\`: ${reasonOf(cause)}`,
    {
      hint: `start it, or set DOCKER_HOST to its socket; this user must be allowed to open \`${socket}\``,
      cause,
    },
  );
}
