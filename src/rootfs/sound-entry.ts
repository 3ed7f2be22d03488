import { MkbaseError, quoted } from '../errors.ts';
import type { TarHead } from '../formats/tar.ts';

/** Bytes of a name, NAME_MAX of limits.h: no file system of Linux has longer ones. */
const LONGEST_NAME = 255;
/** Bytes of a path or of a link's target, PATH_MAX less the slash before it and the NUL after it. */
const LONGEST_PATH = 4094;
/** To chown(2) the number above means "leave the owner as it is". */
const HIGHEST_ID = 2 ** 32 - 2;
/** The limits of device numbers, makedev(3): the kernel has 12 bits for one and 20 for the other. */
const [HIGHEST_MAJOR, HIGHEST_MINOR] = [2 ** 12 - 1, 2 ** 20 - 1];

/**
 * Refuses an entry of an archive that no system could hold, whoever unpacks it: with or without the rights to give
 * it its owner, some would fail and some would not.
 *
 * @throws MkbaseError `package/name-too-long`, `package/bad-owner`, `package/bad-device`
 */
export function checkEntry({ path, link, uid, gid, major, minor }: TarHead): void {
  if (path.length > LONGEST_NAME) {
    const tooLong = path.split('/').some((name) => name.length > LONGEST_NAME);
    if (tooLong || path.length > LONGEST_PATH) throw nameTooLong(path);
  }
  if (link.length > LONGEST_PATH) throw nameTooLong(path);
  if (uid > HIGHEST_ID || gid > HIGHEST_ID) {
    throw new MkbaseError(
      'package/bad-owner',
      `${quoted(path)} belongs to ${uid}:${gid}, which is not a valid owner`,
      {
        hint: 'the package is broken or hostile: ids end at 4294967294',
      },
    );
  }
  if (major > HIGHEST_MAJOR || minor > HIGHEST_MINOR) {
    throw new MkbaseError(
      'package/bad-device',
      `${quoted(path)} is the device ${major}:${minor}, which cannot be`,
      {
        hint: 'the package is broken or hostile; do not use it',
      },
    );
  }
}

export function nameTooLong(path: string, cause?: unknown): MkbaseError {
  return new MkbaseError(
    'package/name-too-long',
    `${quoted(path)} is longer than a file system takes, or leads to what is`,
    {
      hint: 'the package is broken or hostile: a name has at most 255 bytes, a path 4094',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
