/** Files that a request names. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { MkbaseError, reasonOf } from '../errors.ts';

/** An absolute path, and the digest that the file had when the request was written. */
export interface NamedFile {
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** @throws MkbaseError `request/unreadable-file` */
export async function nameFile(path: string): Promise<NamedFile> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw new MkbaseError('request/unreadable-file', `cannot read \`${path}\`: ${reasonOf(cause)}`, {
      hint: 'a request names files of the machine that runs it: put the file there, or write the request anew',
      cause,
    });
  }
  return { path, sha256: hash.digest('hex') };
}

/** The path, where the file is still the same. @throws MkbaseError `request/changed-file`, `request/unreadable-file` */
export async function checkedFile({ path, sha256 }: NamedFile): Promise<string> {
  checkDigest((await nameFile(path)).sha256, { path, sha256 });
  return path;
}

/** @throws MkbaseError `request/changed-file` */
export function checkDigest(found: string, { path, sha256 }: NamedFile): void {
  if (found === sha256) return;
  throw new MkbaseError('request/changed-file', `\`${path}\` is not what the request was written for`, {
    hint: 'put the file back as it was, or write the request anew with `--print-request`',
    details: [`sha256 ${found}, and the request says ${sha256}`],
  });
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
