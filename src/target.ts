import { constants, type Stats } from 'node:fs';
import { access, lstat, readdir, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { MkbaseError } from './errors.ts';

export type Compression = 'none' | 'gzip' | 'xz' | 'zstd';

/** Where a result goes. Paths are absolute. */
export type Target =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'tar'; readonly path: string; readonly compression: Compression }
  | { readonly kind: 'stdout' };

/** Endings of a name that ask for a tar. */
export const TAR_ENDINGS: Readonly<Record<string, Compression>> = {
  '.tar': 'none',
  '.tar.gz': 'gzip',
  '.tgz': 'gzip',
  '.tar.xz': 'xz',
  '.txz': 'xz',
  '.tar.zst': 'zstd',
  '.tzst': 'zstd',
};

export interface TargetSurroundings {
  readonly cwd: string;
  readonly stdoutIsTerminal: boolean;
}

/**
 * TARGET as the user wrote it, checked as far as can be told before any work: a target that will be
 * refused at the end is refused now. Nothing is created.
 */
export async function parseTarget(
  text: string,
  { cwd, stdoutIsTerminal }: TargetSurroundings,
): Promise<Target> {
  if (text === '-') return checkedStdout(stdoutIsTerminal);
  checkSpelling(text);
  const path = resolve(cwd, text);
  const existing = await statOrNull(path);
  if (existing?.isDirectory()) {
    await checkDirectory(path);
    return { kind: 'directory', path };
  }
  const compression = compressionOf(path);
  if (compression === null) {
    if (existing !== null) {
      throw new MkbaseError('target/is-a-file', `cannot make a directory at \`${path}\`: a file is there`, {
        hint: `remove it, or name another TARGET; a tar's name ends in ${listedEndings()}`,
      });
    }
    await checkParent(path);
    return { kind: 'directory', path };
  }
  if (existing !== null && !existing.isFile()) {
    throw new MkbaseError(
      'target/not-a-file',
      `cannot write a tar to \`${path}\`: it is not a regular file`,
      {
        hint: 'write the tar to standard output with `-` and redirect that',
      },
    );
  }
  await checkParent(path);
  return { kind: 'tar', path, compression };
}

function checkedStdout(isTerminal: boolean): Target {
  if (isTerminal) {
    throw new MkbaseError('usage/stdout-is-terminal', 'cannot write a tar to a terminal', {
      hint: 'redirect or pipe standard output, as in `mkbase bookworm - > base.tar`',
    });
  }
  return { kind: 'stdout' };
}

/** What looks like something else than a path is asked about, not made as a strangely named directory. */
function checkSpelling(text: string): void {
  if (text === '' || text.includes('\0')) {
    throw new MkbaseError('usage/bad-target', 'TARGET is not a path', {
      hint: 'name a directory, a tar file, or `-` for a tar on standard output',
    });
  }
  if (/^[a-z][a-z-]*:/.test(text)) {
    throw new MkbaseError('usage/bad-target', `TARGET \`${text}\` names no target that exists`, {
      hint: /^(https?|ftp|file):/.test(text)
        ? 'TARGET comes before MIRROR: `mkbase SUITE TARGET MIRROR`'
        : `for a directory of this name write \`./${text}\``,
    });
  }
  if (/\.tar\.[^./]+$/.test(text) && compressionOf(text) === null) {
    throw new MkbaseError('usage/bad-target', `the ending of TARGET \`${text}\` names no known compression`, {
      hint: `a tar's name ends in ${listedEndings()}`,
    });
  }
}

function compressionOf(path: string): Compression | null {
  const name = basename(path);
  for (const [ending, compression] of Object.entries(TAR_ENDINGS)) {
    if (name.endsWith(ending) && name !== ending) return compression;
  }
  return null;
}

async function checkDirectory(path: string): Promise<void> {
  if (path === '/') {
    throw new MkbaseError('target/root', 'cannot make a base at `/`: it is this system', {
      hint: 'name a directory that does not exist yet',
    });
  }
  await checkWritable(path, path);
  // lost+found is what an empty file system holds: TARGET may be a mount point.
  const names = (await readdir(path)).filter((name) => name !== 'lost+found');
  if (names.length > 0) {
    throw new MkbaseError(
      'target/not-empty',
      `cannot make a base at \`${path}\`: the directory is not empty`,
      {
        hint: `remove it (\`mkbase rm ${path}\` if it is a base), or name another TARGET`,
      },
    );
  }
}

/** Parents that are missing are made later; the first that exists must be a directory one may write to. */
async function checkParent(path: string): Promise<void> {
  let parent = dirname(path);
  let existing = await statOrNull(parent);
  while (existing === null && parent !== '/') {
    parent = dirname(parent);
    existing = await statOrNull(parent);
  }
  if (existing !== null && !existing.isDirectory()) {
    throw new MkbaseError(
      'target/no-directory',
      `cannot write \`${path}\`: \`${parent}\` is not a directory`,
      {
        hint: 'name a TARGET in a directory',
      },
    );
  }
  await checkWritable(parent, path);
}

async function checkWritable(directory: string, target: string): Promise<void> {
  try {
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new MkbaseError(
      'target/not-writable',
      `cannot write \`${target}\`: no permission in \`${directory}\``,
      {
        hint: 'name a TARGET in a directory of your own',
        cause,
      },
    );
  }
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return danglingLink(path);
    if (code === 'ENOTDIR') return null;
    throw new MkbaseError('target/not-readable', `cannot look at \`${path}\`: ${code ?? String(error)}`, {
      hint: 'name a TARGET in a directory of your own',
      cause: error,
    });
  }
}

/** A symlink to nowhere is something that exists: what would be made through it is not what was named. */
async function danglingLink(path: string): Promise<Stats | null> {
  return lstat(path).catch(() => null);
}

function listedEndings(): string {
  return Object.keys(TAR_ENDINGS).join(' ');
}
