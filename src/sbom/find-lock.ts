/** The locks of an image that is there already. */
import { readFile } from 'node:fs/promises';
import { MkbaseError } from '../errors.ts';
import { LOCK_SECTIONS } from '../families/index.ts';
import { bytesOf } from '../image/blob.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import { combinedDigest, LOCK_DIGEST } from '../lock/labels.ts';
import type { Lock } from '../lock/lock.ts';
import { LOCK_TYPE, readLocks } from '../lock/lock-file.ts';
import { readAttachment } from '../registry/attachment.ts';
import { openRegistry } from '../registry/registry.ts';
import { registrySession } from '../registry/session.ts';
import { type ImageSource, type OpenOptions, openImage, parseImageSource } from '../targets/image-source.ts';

/**
 * `text` names a lock, or an image as parseImageSource takes it: its lock lies beside it, or refers to it
 * in its registry. The digest in the image decides which lock is the right one.
 *
 * @throws MkbaseError `lock/not-found`, `lock/other-image`, and the errors of reading the image or the lock
 */
export async function findLocks(text: string, cwd: string, options: OpenOptions): Promise<readonly Lock[]> {
  const source = await parseImageSource(text, cwd);
  const file = 'path' in source ? await readFile(source.path).catch(() => null) : null;
  if ('name' in source && source.name === null && file?.[0] === BRACE)
    return readLocks(file.toString(), text, LOCK_SECTIONS);
  const { image, close } = await openImage(source, options);
  try {
    const digest = await lockDigestIn(image);
    if (digest === undefined) throw notOurs(text);
    const lock = 'path' in source ? `${source.path}.lock.json` : `the lock of ${text}`;
    const locks = await readLocks(
      'path' in source ? await readBeside(lock, text) : await readReferring(image, { source, text, options }),
      lock,
      LOCK_SECTIONS,
    );
    if (combinedDigest(locks.map(({ lockDigest }) => lockDigest)) !== digest) throw otherImage(text, lock);
    return locks;
  } finally {
    await close();
  }
}

interface Remote {
  readonly source: Exclude<ImageSource, { readonly path: string }>;
  readonly text: string;
  readonly options: OpenOptions;
}

/** The lock that `mkbase refresh`, or a build with `--sbom`, has pushed beside the image. */
async function readReferring(image: Image | ImageIndex, { source, text, options }: Remote): Promise<string> {
  if (source.kind === 'docker-daemon') throw nowhere(text);
  const { env, signal, registry = {}, log = () => {} } = options;
  const session = registrySession({ env, signal, log, ...registry });
  const opened = openRegistry(source.reference, { session, access: 'pull' });
  const blob = await readAttachment(image.manifest.digest, LOCK_TYPE, opened);
  if (blob === null || blob.size > MAX_LOCK) throw nowhere(text);
  return (await bytesOf(blob)).toString();
}

const BRACE = 0x7b;
/** Bytes: a lock of all of Debian would have 20 MB. */
const MAX_LOCK = 64 * 2 ** 20;

/** Where Docker's manifest has no annotations, the label of the only image has it. */
async function lockDigestIn(image: Image | ImageIndex): Promise<string | undefined> {
  const manifest = JSON.parse((await bytesOf(image.manifest)).toString()) as {
    readonly annotations?: Readonly<Record<string, string>>;
  };
  const annotated = manifest.annotations?.[LOCK_DIGEST];
  if (annotated !== undefined || image.kind === 'index') return annotated;
  const { config } = JSON.parse((await bytesOf(image.config)).toString()) as {
    readonly config?: { readonly Labels?: Readonly<Record<string, string>> };
  };
  return config?.Labels?.[LOCK_DIGEST];
}

async function readBeside(file: string, image: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new MkbaseError('lock/not-found', `there is no lock \`${file}\` of the image \`${image}\``, {
      hint: 'name the lock itself: a bill of materials is never made from the image itself',
      cause,
    });
  }
}

function nowhere(image: string): MkbaseError {
  return new MkbaseError('lock/not-found', `there is no lock beside \`${image}\``, {
    hint: 'name the lock itself; `--sbom` and `mkbase refresh` push it with the image',
  });
}

function notOurs(image: string): MkbaseError {
  return new MkbaseError('lock/not-found', `the image \`${image}\` names no lock: mkbase did not make it`, {
    hint: 'a bill of materials is made from a lock',
  });
}

function otherImage(image: string, file: string): MkbaseError {
  return new MkbaseError('lock/other-image', `the lock \`${file}\` is not that of the image \`${image}\``, {
    hint: 'name the lock that the image was made from',
  });
}
