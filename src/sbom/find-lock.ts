/** The locks of an image that is there already. */
import { readFile } from 'node:fs/promises';
import { combinedDigest, LOCK_DIGEST } from '../base-image.ts';
import { MkbaseError } from '../errors.ts';
import { bytesOf } from '../image/blob.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import { type OpenOptions, openImage, parseImageSource } from '../image-source.ts';
import type { Lock } from '../lock.ts';
import { readLocks } from '../lock-file.ts';

/**
 * `text` names a lock, or an image as parseImageSource takes it, whose lock lies beside it: which one is
 * right is told by the digest that the image carries.
 *
 * @throws MkbaseError `lock/not-found`, `lock/other-image`; what reading the image or the lock gives
 */
export async function findLocks(text: string, cwd: string, options: OpenOptions): Promise<readonly Lock[]> {
  const source = await parseImageSource(text, cwd);
  if (!('path' in source)) throw nowhere(text);
  const file = await readFile(source.path).catch(() => null);
  if (source.name === null && file?.[0] === BRACE) return readLocks(file.toString(), text);
  const { image, close } = await openImage(source, options);
  try {
    const digest = await lockDigestIn(image);
    if (digest === undefined) throw notOurs(text);
    const beside = `${source.path}.lock.json`;
    const locks = await readLocks(await readBeside(beside, text), beside);
    if (combinedDigest(locks.map(({ lockDigest }) => lockDigest)) !== digest) throw otherImage(text, beside);
    return locks;
  } finally {
    await close();
  }
}

const BRACE = 0x7b;

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
      hint: 'name the lock itself: a bill of materials is made from that, and not from what the image says of itself',
      cause,
    });
  }
}

function nowhere(image: string): MkbaseError {
  return new MkbaseError('lock/not-found', `beside \`${image}\` no lock can lie`, {
    hint: 'name the lock itself, or an image in a layout or archive',
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
