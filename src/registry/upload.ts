import type { Blob } from '../image/blob.ts';
import { type Client, SUCCESS } from './client.ts';
import type { Answer, Body } from './exchange.ts';
import { RegistryError } from './failure.ts';

/** Sends a blob into an upload that has begun: as a whole, or in the chunks of the session's size. */
export async function upload(blob: Blob, client: Client, begun: Answer): Promise<void> {
  const { chunkSize } = client.session;
  const minimum = Number(begun.header('oci-chunk-min-length') ?? 0);
  const at = locationOf(begun, client);
  if (chunkSize === null) await put(blob, client, { at, body: blob });
  else await sendInChunks(blob, client, { at, chunkSize: Math.max(chunkSize, minimum) });
}

interface Sending {
  readonly at: URL;
  readonly body?: Body;
}

/** The request that ends an upload, with the blob or what is left of it. */
async function put(blob: Blob, client: Client, { at, body }: Sending): Promise<void> {
  const url = new URL(at);
  // Not through URLSearchParams, which would spell anew what the registry may have signed.
  url.search += `${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(blob.digest)}`;
  const answer = await sendPart(client, blob, { method: 'PUT', url, body });
  const digest = answer.header('docker-content-digest');
  if (digest === null || digest === blob.digest) return;
  const failure = {
    code: 'registry/wrong-digest' as const,
    reason: 'the registry has stored something else',
    hint: 'something on the way changes what is sent: check proxies, and the log of the registry',
  };
  throw new RegistryError(failure, taskOf(blob, client));
}

/** Sends one request per chunk; each answer says how much the registry has. */
async function sendInChunks(
  blob: Blob,
  client: Client,
  { at, chunkSize }: { readonly at: URL; readonly chunkSize: number },
): Promise<void> {
  let location = at;
  let start = 0;
  for await (const chunk of chunksOf(blob.open(), chunkSize)) {
    const end = start + chunk.length - 1;
    const answer = await sendPart(client, blob, {
      method: 'PATCH',
      url: location,
      headers: { 'content-range': `${start}-${end}` },
      body: {
        size: chunk.length,
        async *open() {
          yield chunk;
        },
      },
    });
    const held = answer.header('range');
    if (held !== null && held.replace(/^bytes[= ]/, '') !== `0-${end}`)
      throw lost(client, blob, { reason: `it holds ${held}` });
    location = locationOf(answer, client);
    start = end + 1;
  }
  await put(blob, client, { at: location });
}

interface Part {
  readonly method: 'PUT' | 'PATCH';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body | undefined;
}

async function sendPart(client: Client, blob: Blob, { method, url, headers, body }: Part): Promise<Answer> {
  const task = taskOf(blob, client);
  try {
    const answer = await client.ask({
      ...{ method, at: url, task, good: SUCCESS, body },
      headers: {
        'content-type': 'application/octet-stream',
        ...(body === undefined && { 'content-length': '0' }),
        ...headers,
      },
    });
    await answer.discard();
    return answer;
  } catch (error) {
    // The registry has forgotten the upload, or another of its machines knows nothing of it.
    if (error instanceof RegistryError && (error.status === 404 || error.status === 416)) {
      throw lost(client, blob, { reason: error.message, cause: error });
    }
    throw error;
  }
}

function lost(
  client: Client,
  blob: Blob,
  { reason, cause }: { readonly reason: string; readonly cause?: unknown },
): RegistryError {
  const failure = {
    code: 'registry/upload-lost' as const,
    reason: `the registry has lost the upload: ${reason}`,
    hint: 'see the log of the registry; several machines behind one name must share their storage',
  };
  return new RegistryError(failure, taskOf(blob, client), { cause });
}

/** Where an upload goes on: `Location` may be relative, and may lead elsewhere; but never from https to http. */
export function locationOf(answer: Answer, client: Client): URL {
  const text = answer.header('location');
  const url = text !== null && URL.canParse(text, answer.url.href) ? new URL(text, answer.url) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && answer.url.protocol === 'http:');
  if (url !== null && isSafe) return url;
  const failure = {
    code: 'registry/bad-answer' as const,
    reason: url === null ? 'the registry does not say where to' : 'the registry asks for it without TLS',
    hint: 'a registry behind a TLS proxy must be told its outer address (X-Forwarded-Proto)',
  };
  throw new RegistryError(failure, `push to \`${client.name}\``);
}

/** The task that fails where a blob cannot be pushed. */
export function taskOf({ digest }: Blob, { name }: Client): string {
  return `push the blob \`${digest.slice(0, 19)}\` to \`${name}\``;
}

/** Pieces of `size` bytes, the last one shorter. */
async function* chunksOf(pieces: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces) {
    let rest = piece;
    while (length + rest.length >= size) {
      const taken = size - length;
      yield Buffer.concat([...waiting, rest.subarray(0, taken)]);
      rest = rest.subarray(taken);
      [waiting, length] = [[], 0];
    }
    if (rest.length > 0) waiting.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(waiting);
}
