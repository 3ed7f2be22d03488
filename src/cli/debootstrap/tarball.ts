/** The tar of `--make-tarball`, which has package files and lists as TARGET would have them. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MkbaseError } from '../../errors.ts';
import { decompress } from '../../formats/compress.ts';
import { codecOfBytes } from '../../formats/decompress-stream.ts';
import { readTar } from '../../formats/tar.ts';
import { Root } from '../../rootfs/root.ts';
import { scanTree } from '../../rootfs/scan.ts';
import { writeTar } from '../../staging/seal.ts';
import { ARCHIVES, debName } from './archives.ts';
import { LISTS } from './lists.ts';

/** Writes the tree to a gzipped tar, over one of that name. */
export async function writeTarball(directory: string, file: string, now: Date): Promise<void> {
  const root = new Root(directory);
  const unfinished = `${file}.unfinished`;
  await rm(unfinished, { force: true });
  try {
    const epoch = Math.floor(now.getTime() / 1000);
    const options = { root, epoch, file: unfinished, compression: 'gzip', mode: 0o644, fsync: true } as const;
    await writeTar(scanTree(root), options);
    await rename(unfinished, file);
  } finally {
    root.release();
    await rm(unfinished, { force: true });
  }
}

export interface TarballMirror {
  /** `file:///…`: the archive that the tar is a part of. */
  readonly mirror: string;
  /** All its packages. */
  readonly include: readonly string[];
}

/** Bytes that a tar may unpack to: it is held in memory. */
const LIMIT = 2 ** 31 - 1;

/**
 * Lays the files of a tar out as a mirror, so that the base is planned from its signed index again; debootstrap's own
 * tars do as well. Of its names none is used but as one of a list or of an index.
 */
export async function openTarball(file: string, folder: string): Promise<TarballMirror> {
  const entries = new Map(
    (await readEntries(file)).flatMap(({ path, type, body }) =>
      type === 'file' ? [[path.replace(/^(\.?\/)+/, ''), body] as const] : [],
    ),
  );
  const wordsOf = (name: string) => {
    const body = entries.get(`debootstrap/${name}`);
    if (body === undefined) throw damaged(file, `it has no \`debootstrap/${name}\``);
    return body
      .toString()
      .split(/\s+/)
      .filter((word) => /^[a-z0-9][a-z0-9.+-]+$/.test(word));
  };
  const include = [...wordsOf('required'), ...wordsOf('base')];
  const wanted = new Set(include);
  for (const [path, body] of entries) {
    const place = path.startsWith(`${LISTS}/`)
      ? /_(dists_[\w.+-]+)$/.exec(path)?.[1]?.replaceAll('_', '/')
      : undefined;
    if (place === undefined || /(^|\/)\.\.?(\/|$)/.test(place)) continue;
    await put(place, body);
    if (!place.endsWith('/Packages')) continue;
    for (const stanza of body.toString('latin1').split(/\n\n+/)) {
      const field = (name: string) => new RegExp(`^${name}: (\\S+)$`, 'm').exec(stanza)?.[1] ?? '';
      const item = { name: field('Package'), version: field('Version'), arch: field('Architecture') };
      const deb = wanted.has(item.name) ? entries.get(`${ARCHIVES}/${debName(item)}`) : undefined;
      const filename = field('Filename');
      if (deb !== undefined && !/(^|\/)\.\.?(\/|$)/.test(filename)) await put(filename, deb);
    }
  }
  return { mirror: pathToFileURL(folder).href, include };

  async function put(place: string, body: Buffer): Promise<void> {
    await mkdir(dirname(join(folder, place)), { recursive: true });
    await writeFile(join(folder, place), body);
  }
}

async function readEntries(file: string) {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'No such file or directory' : (cause.code ?? String(cause));
    throw new MkbaseError('usage/unreadable-file', `${file}: ${reason}`, {
      hint: 'name a tar of `--make-tarball`',
      cause,
    });
  });
  return readTar(await decompress(codecOfBytes(bytes), bytes, LIMIT));
}

function damaged(file: string, reason: string): MkbaseError {
  return new MkbaseError('package/bad-tarball', `\`${file}\` is no tar of --make-tarball: ${reason}`, {
    hint: 'make it again',
  });
}
