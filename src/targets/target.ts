import { readdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { MkbaseError } from '../errors.ts';
import type { FileSystemFormat } from '../filesystem/tool.ts';
import { familiarName, parseReference, type Reference, tagOf } from '../image/reference.ts';
import { isUnfinished } from '../unfinished.ts';
import { checkDirectory, checkParent, statOrNull } from './place.ts';

export type Compression = 'none' | 'gzip' | 'xz' | 'zstd';

/** Where a result goes. Paths are absolute. */
export type Target = RootfsTarget | ImageTarget;

/** The root filesystem as it is. */
export type RootfsTarget =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'tar'; readonly path: string; readonly compression: Compression }
  | FileSystemTarget
  | { readonly kind: 'stdout' };

export interface FileSystemTarget {
  readonly kind: 'file-system';
  readonly path: string;
  readonly format: FileSystemFormat;
  readonly room: Room;
}

/** ext2 and ext4 have a size; others are as large as what is in them. */
export interface Room {
  /** Bytes of the whole file system; null for the least that fits. */
  readonly size: number | null;
  /** Bytes to leave free beside that least. */
  readonly free: number;
}

const LEAST: Room = { size: null, free: 0 };

/** An image, named as in containers-transports(5), where `docker` is a registry. */
export type ImageTarget =
  | { readonly kind: 'oci' | 'oci-archive'; readonly path: string; readonly tags: readonly string[] }
  | { readonly kind: 'docker-archive'; readonly path: string; readonly names: readonly Reference[] }
  | { readonly kind: 'docker-daemon'; readonly names: readonly Reference[] }
  | { readonly kind: 'docker'; readonly names: readonly Reference[] };

export function isImageTarget(target: Target): target is ImageTarget {
  return !['directory', 'tar', 'file-system', 'stdout'].includes(target.kind);
}

/** A target as people name it. */
export function targetName(target: Target): string {
  if (target.kind === 'stdout') return '-';
  if (!isImageTarget(target)) return target.path;
  const names = 'tags' in target ? target.tags : target.names.map(familiarName);
  if (target.kind === 'docker') return `docker://${names[0]}`;
  return [target.kind, ...('path' in target ? [target.path] : []), ...names.slice(0, 1)].join(':');
}

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

/** Endings of a name that ask for a file system in a file. */
export const FILE_SYSTEM_ENDINGS: Readonly<Record<string, FileSystemFormat>> = {
  '.squashfs': 'squashfs',
  '.sqfs': 'squashfs',
  '.erofs': 'erofs',
  '.ext2': 'ext2',
  '.ext4': 'ext4',
};

export interface TargetSurroundings {
  readonly cwd: string;
  readonly stdoutIsTerminal: boolean;
  /** Further names for images, from `--tag`. */
  readonly tags: readonly string[];
  /** Of file systems; the least that fits, where it is left out. */
  readonly room?: Room;
}

/**
 * TARGET as the user wrote it, checked as far as possible before any work: a target that would be
 * refused at the end is refused now. Nothing is created.
 */
export async function parseTarget(
  text: string,
  { cwd, stdoutIsTerminal, tags, room = LEAST }: TargetSurroundings,
): Promise<Target> {
  if (text === '-') return checkedStdout(stdoutIsTerminal);
  const [, transport, rest = ''] =
    /^(oci|oci-archive|docker-archive|docker-daemon|docker):(.*)$/s.exec(text) ?? [];
  if (transport !== undefined) return imageTarget(transport as ImageTarget['kind'], rest, { cwd, tags });
  checkSpelling(text);
  const path = resolve(cwd, text);
  const existing = await statOrNull(path);
  if (existing?.isDirectory()) {
    await checkDirectory(path);
    return { kind: 'directory', path };
  }
  const file = fileTarget(path, room);
  if (file === null) {
    if (existing !== null) {
      throw new MkbaseError('target/is-a-file', `cannot make a directory at \`${path}\`: a file is there`, {
        hint: `remove it, or name another TARGET; a tar's name ends in ${listed(TAR_ENDINGS)}, a file system's in ${listed(FILE_SYSTEM_ENDINGS)}`,
      });
    }
    await checkParent(path);
    return { kind: 'directory', path };
  }
  if (existing !== null && !existing.isFile()) {
    const what = file.kind === 'tar' ? 'a tar' : 'a file system';
    throw new MkbaseError(
      'target/not-a-file',
      `cannot write ${what} to \`${path}\`: it is not a regular file`,
      {
        hint:
          file.kind === 'tar'
            ? 'write the tar to standard output with `-` and redirect that'
            : 'name a file, and copy that to the device',
      },
    );
  }
  await checkParent(path);
  return file;
}

/** The file that a path's ending asks for; null for a directory. */
function fileTarget(path: string, room: Room): RootfsTarget | null {
  const compression = byEnding(TAR_ENDINGS, path);
  if (compression !== null) return { kind: 'tar', path, compression };
  const format = byEnding(FILE_SYSTEM_ENDINGS, path);
  return format === null ? null : { kind: 'file-system', path, format, room };
}

/**
 * TARGET with an absolute path, for a process that runs in another folder.
 *
 * @throws MkbaseError `usage/bad-target` where such a path cannot be spelled
 */
export function absoluteTarget(text: string, cwd: string): string {
  if (text === '-' || /^docker(-daemon)?:/.test(text)) return text;
  const [, kind, file = '', name = ''] = /^(oci|oci-archive|docker-archive):([^:]*)(:.*)?$/s.exec(text) ?? [];
  if (kind === undefined) return resolve(cwd, text);
  const path = resolve(cwd, file);
  if (!path.includes(':')) return `${kind}:${path}${name}`;
  throw badTarget(
    text,
    `it is \`${path}\` in full, and what follows a colon is a name: work in another folder`,
  );
}

async function imageTarget(
  kind: ImageTarget['kind'],
  rest: string,
  { cwd, tags }: Pick<TargetSurroundings, 'cwd' | 'tags'>,
): Promise<ImageTarget> {
  const more = tags.map(parseReference);
  if (kind === 'docker-daemon') {
    if (rest === '') throw badTarget(`${kind}:`, 'it needs a name, as in `docker-daemon:base:bookworm`');
    return { kind, names: [parseReference(rest), ...more] };
  }
  if (kind === 'docker') return { kind, names: [registryName(rest), ...more] };
  const [, file = '', , name] = /^([^:]*)(:(.*))?$/s.exec(rest) ?? [];
  if (file === '') throw badTarget(`${kind}:`, `it needs a path, as in \`${kind}:./base:bookworm\``);
  const path = resolve(cwd, file);
  await checkParent(path);
  await checkKind(path, kind);
  if (kind === 'docker-archive') {
    return { kind, path, names: [...(name === undefined ? [] : [parseReference(name)]), ...more] };
  }
  if (name !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._:@/+-]*$/.test(name)) {
    throw badTarget(
      `${kind}:${rest}`,
      `\`${name}\` cannot be a name in a layout: use letters, digits and . _ - / +`,
    );
  }
  return { kind, path, tags: [...(name === undefined ? [] : [name]), ...more.map(tagOf)] };
}

/** `//NAME`. A digest is what comes out of pushing, and nothing to push to. */
function registryName(rest: string): Reference {
  const name = rest.startsWith('//') ? parseReference(rest.slice(2)) : null;
  if (name === null || name.digest !== null) {
    throw badTarget(`docker:${rest}`, 'write it as in `docker://registry.example:5000/team/base:bookworm`');
  }
  return name;
}

/** A layout is a directory, an archive a file: an existing one must be of that kind. */
async function checkKind(path: string, kind: 'oci' | 'oci-archive' | 'docker-archive'): Promise<void> {
  const existing = await statOrNull(path);
  if (existing === null) return;
  if (kind !== 'oci' && !existing.isFile()) {
    throw new MkbaseError('target/not-a-file', `cannot write an archive to \`${path}\`: it is not a file`, {
      hint: 'name a file, or one that does not exist yet',
    });
  }
  if (kind !== 'oci') return;
  const names = existing.isDirectory() ? await readdir(path) : null;
  if (names === null || !(names.includes('oci-layout') || names.every(isUnfinished))) {
    throw new MkbaseError('target/not-a-layout', `\`${path}\` is no OCI layout, and not empty`, {
      hint: 'name a directory that does not exist yet, or a layout',
    });
  }
}

function badTarget(text: string, hint: string): MkbaseError {
  return new MkbaseError('usage/bad-target', `TARGET \`${text}\` names no image`, { hint });
}

function checkedStdout(isTerminal: boolean): Target {
  if (isTerminal) {
    throw new MkbaseError('usage/stdout-is-terminal', 'cannot write a tar to a terminal', {
      hint: 'redirect or pipe standard output, as in `mkbase bookworm - > base.tar`',
    });
  }
  return { kind: 'stdout' };
}

/** A text that looks like something other than a path is refused, not made as a strangely named directory. */
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
  if (/\.tar\.[^./]+$/.test(text) && byEnding(TAR_ENDINGS, text) === null) {
    throw new MkbaseError('usage/bad-target', `the ending of TARGET \`${text}\` names no known compression`, {
      hint: `a tar's name ends in ${listed(TAR_ENDINGS)}`,
    });
  }
}

function byEnding<Value>(endings: Readonly<Record<string, Value>>, path: string): Value | null {
  const name = basename(path);
  for (const [ending, value] of Object.entries(endings)) {
    if (name.endsWith(ending) && name !== ending) return value;
  }
  return null;
}

function listed(endings: Readonly<Record<string, unknown>>): string {
  return Object.keys(endings).join(' ');
}
