/** The labels by which an image refers to the Locks it was made from. */
import { createHash } from 'node:crypto';
import type { Lock } from './lock.ts';

/** Annotations and labels by which an image is found to be up to date, and its Lock is found. */
export const LOCK_DIGEST = 'dev.mkbase.lock.digest';
export const INPUTS_DIGEST = 'dev.mkbase.inputs.digest';

/** Both, of an image's one Lock or of all those of an index. */
export function digestLabels(locks: readonly Lock[]): Record<string, string> {
  return {
    [LOCK_DIGEST]: combinedDigest(locks.map(({ lockDigest }) => lockDigest)),
    [INPUTS_DIGEST]: combinedDigest(locks.map(({ inputsDigest }) => inputsDigest)),
  };
}

/** `sha256:HEX` of the digests (hex) of several Locks, whatever their order. */
export function combinedDigest(digests: readonly string[]): string {
  if (digests.length === 1) return `sha256:${digests[0]}`;
  return `sha256:${createHash('sha256').update(digests.toSorted().join('\n')).digest('hex')}`;
}

/** The command that made it, as `docker history` shows it: `mkbase debian:bookworm --variant=minbase`. */
export function historyOf({ recipe, variant, image }: Lock): string {
  return image.programs !== undefined ? 'mkbase scratch' : `mkbase ${recipe.name} --variant=${variant}`;
}

/** When it says that it was made, seconds since 1970. */
export function createdAt({ epoch, image }: Lock): number {
  return image.created ?? epoch ?? 0;
}
