import { MkbaseError } from '../errors.ts';

/** Local content for an image, as asked for. */
export interface Addition {
  /** A file, folder or tar of this machine. */
  readonly source: string;
  /** Absolute path in the image; with a trailing slash, the directory that the source is put into. */
  readonly destination: string;
  /** Permission bits of files; null means 0755 for programs and 0644 for other files. */
  readonly mode: number | null;
  readonly uid: number;
  readonly gid: number;
}

/**
 * `SRC:DST[:mode[:uid:gid]]`. A file becomes DST, or goes into DST where that ends in a slash. The
 * contents of a folder go into DST, and so do those of a tar where DST ends in a slash.
 *
 * @throws MkbaseError `usage/bad-addition`
 */
export function parseAddition(text: string): Addition {
  const parts = /^(.+?):(\/[^:]*)(?::([0-7]{3,4})(?::(\d{1,10}):(\d{1,10}))?)?$/s.exec(text);
  const [, source = '', destination = '', mode, uid = '0', gid = '0'] = parts ?? [];
  const climbs = destination.split('/').includes('..');
  if (parts === null || climbs || /[\n\0]/.test(destination) || Math.max(+uid, +gid) >= 2 ** 32 - 1) {
    throw new MkbaseError('usage/bad-addition', `\`${text}\` is not a valid addition`, {
      hint: 'write it as SRC:DST[:mode[:uid:gid]], DST being absolute, as in `./app:/usr/bin/app:0755`',
    });
  }
  return {
    source,
    destination,
    mode: mode === undefined ? null : Number.parseInt(mode, 8),
    uid: Number(uid),
    gid: Number(gid),
  };
}
