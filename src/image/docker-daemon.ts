/** Images in and out of a running engine. */
import { MkbaseError } from '../errors.ts';
import { dockerArchive, namedArchive } from './archive.ts';
import { type Engine, type EngineAnswer, type EngineOptions, openEngine } from './engine.ts';
import type { Image, ImageIndex } from './image.ts';
import type { Reference } from './reference.ts';

export interface DaemonOptions extends EngineOptions {
  readonly names: readonly Reference[];
}

/**
 * `docker load` without docker. The answer is 200 even where loading fails: the error is in its stream.
 *
 * @throws MkbaseError `target/engine-unreachable`, `target/engine-refused`, `target/one-architecture`
 */
export async function loadIntoDaemon(image: Image | ImageIndex, options: DaemonOptions): Promise<void> {
  const { names } = options;
  const engine = await openEngine(options);
  if (image.kind === 'index') await checkSeveral(engine);
  const body = image.kind === 'index' ? namedArchive(image, names) : dockerArchive(image, names);
  const answer = await engine.ask({ method: 'POST', path: '/images/load?quiet=1', body });
  const text = await textOf(answer);
  const complaint = complaintOf(text);
  if (answer.status === 200 && complaint === null) return;
  throw new MkbaseError(
    'target/engine-refused',
    `the engine at \`${engine.name}\` did not load the image: ${complaint ?? `status ${answer.status}`}`,
    {
      hint: 'see the log of the engine; `docker info` shows its version and storage',
      details: text.split('\n').slice(0, 20),
    },
  );
}

/**
 * `docker save` without docker: the archive of one image, by its name or id.
 *
 * @throws MkbaseError `target/engine-unreachable`, `image/not-found`, `target/engine-refused`
 */
export async function saveFromDaemon(name: string, options: EngineOptions): Promise<AsyncIterable<Buffer>> {
  const engine = await openEngine(options);
  const answer = await engine.ask({ method: 'GET', path: `/images/${encodeURIComponent(name)}/get` });
  if (answer.status === 200) return answer.body;
  const complaint = complaintOf(await textOf(answer)) ?? `status ${answer.status}`;
  const absent = answer.status === 404;
  throw new MkbaseError(
    absent ? 'image/not-found' : 'target/engine-refused',
    `the engine at \`${engine.name}\` does not give \`${name}\`: ${complaint}`,
    { hint: absent ? '`docker images` lists its images' : 'see the log of the engine' },
  );
}

/**
 * Whether an engine answers, and takes so many architectures under one name, before work is done for it.
 *
 * @throws MkbaseError `target/engine-unreachable`, `target/one-architecture`
 */
export async function checkDaemon(options: EngineOptions, architectures: number): Promise<void> {
  const engine = await openEngine(options);
  if (architectures > 1) await checkSeveral(engine);
}

/** Docker's own store has one architecture an image; containerd's, which docker can use too, any number. */
async function checkSeveral(engine: Engine): Promise<void> {
  const answer = await engine.ask({ method: 'GET', path: '/info' });
  if (/"io\.containerd\.snapshotter\.v1"/.test(await textOf(answer))) return;
  throw new MkbaseError(
    'target/one-architecture',
    `the engine at \`${engine.name}\` takes one architecture: its images are not in containerd's store`,
    {
      hint: 'name one with `--arch`, write several to `oci:`, `oci-archive:` or `docker://`, or turn that store on',
    },
  );
}

const LONGEST_ANSWER = 2 ** 20;

async function textOf({ body }: EngineAnswer): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body) {
    if (length < LONGEST_ANSWER) pieces.push(piece);
    length += piece.length;
  }
  return Buffer.concat(pieces).toString().trim();
}

/** The first error of a stream of JSON objects, or of an error's `message`. */
function complaintOf(text: string): string | null {
  for (const line of text.split('\n')) {
    const found = complaintIn(line);
    if (found !== null) return found;
  }
  return null;
}

/** `error` is what engines have said since 2013, and some new ones no more. */
function complaintIn(line: string): string | null {
  try {
    const { error, errorDetail, message } = JSON.parse(line) as Partial<Record<string, unknown>>;
    const detail = (errorDetail as { readonly message?: unknown } | null | undefined)?.message;
    const said = [error, detail, message].find((one) => typeof one === 'string' && one !== '');
    if (said !== undefined) return said as string;
    return errorDetail === undefined ? null : JSON.stringify(errorDetail);
  } catch {
    return null; // Progress may be plain text.
  }
}
