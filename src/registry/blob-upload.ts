import type { Blob } from '../image/blob.ts';
import { type Client, SUCCESS } from './client.ts';
import type { Answer } from './exchange.ts';
import { nullWhereBarred, RegistryError } from './failure.ts';
import { withRetries } from './retry.ts';
import { locationOf, taskOf, upload } from './upload.ts';

export type Pushed = 'was there' | 'mounted' | 'sent';

/** Where a blob may be mounted from: another repository of the same registry, or null. */
export interface PushBlobOptions {
  readonly mountFrom: string | null;
}

/**
 * Makes sure that the repository has a blob: OCI distribution specification, "Pushing Blobs". An upload
 * that breaks begins again, since registries do not agree on how to go on with one; it is then asked
 * first whether the blob has arrived all the same.
 */
export function pushBlob(blob: Blob, client: Client, { mountFrom }: PushBlobOptions): Promise<Pushed> {
  const { sent } = client.session;
  return withRetries(client.session, async () => {
    const begun = (await hasBlob(blob, client)) ? 'was there' : await begin(blob, client, mountFrom);
    if (typeof begun === 'string') {
      sent(blob.size);
      return begun;
    }
    const { body, undo } = counted(blob, sent);
    await upload(body, client, begun).catch((error: unknown) => {
      undo();
      throw error;
    });
    return 'sent';
  });
}

/** The blob, telling what is read of it; a second reading begins the count again. */
function counted(
  blob: Blob,
  sent: (change: number) => void,
): { readonly body: Blob; readonly undo: () => void } {
  let sentBytes = 0;
  const undo = () => {
    if (sentBytes > 0) sent(-sentBytes);
    sentBytes = 0;
  };
  async function* open() {
    undo();
    for await (const piece of blob.open()) {
      sentBytes += piece.length;
      sent(piece.length);
      yield piece;
    }
  }
  return { body: { ...blob, open }, undo };
}

async function hasBlob(blob: Blob, client: Client): Promise<boolean> {
  const ask = { method: 'HEAD', at: `blobs/${blob.digest}`, task: taskOf(blob, client) } as const;
  const answer = await client.ask({ ...ask, good: [200, 404] }).catch(nullWhereBarred);
  if (answer === null) return false;
  await answer.discard();
  const length = answer.header('content-length');
  return answer.status === 200 && (length === null || Number(length) === blob.size);
}

/** Whether an upload may begin here; it is given up at once. */
export async function checkPush(client: Client): Promise<void> {
  const task = `push to \`${client.name}\``;
  const headers = { 'content-length': '0' };
  const begun = await client.insist({ method: 'POST', at: 'blobs/uploads/', task, good: SUCCESS, headers });
  await begun.discard();
  const at = locationOf(begun, client);
  // Registries clear away abandoned uploads; some refuse this request, which does no harm.
  const answer = await client.ask({ method: 'DELETE', at, task, good: SUCCESS }).catch(() => null);
  await answer?.discard();
}

/** The answer with which an upload has begun. */
async function begin(blob: Blob, client: Client, mountFrom: string | null): Promise<Answer | 'mounted'> {
  const ask = { method: 'POST', task: taskOf(blob, client), headers: { 'content-length': '0' } } as const;
  if (mountFrom !== null) {
    const query = new URLSearchParams({ mount: blob.digest, from: mountFrom });
    const at = `blobs/uploads/?${query}`;
    const mounted = await client.ask({ ...ask, at, good: SUCCESS, alsoPull: mountFrom }).catch((error) => {
      // A user who may not read there may still write here.
      if (!(error instanceof RegistryError) || !REFUSALS.includes(error.status ?? 0)) throw error;
      return null;
    });
    await mounted?.discard();
    if (mounted?.status === 201) return 'mounted';
    if (mounted !== null) return mounted;
  }
  const answer = await client.ask({ ...ask, at: 'blobs/uploads/', good: SUCCESS });
  await answer.discard();
  return answer;
}

const REFUSALS: readonly number[] = [400, 401, 403, 404, 405];
