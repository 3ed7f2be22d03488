/**
 * Where a result is built: a hidden directory beside its target, so that it can be renamed into place,
 * or inside the target where that is a mount point or its parent is not the user's.
 */
import { constants } from 'node:fs';
import {
  access,
  chmod,
  chown,
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rmdir,
  stat,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Durability, makeFolder, syncFolder } from '../durable.ts';
import { MkbaseError } from '../errors.ts';
import { mountsWithin } from '../rootfs/remove.ts';
import type { RootfsTarget } from '../targets/target.ts';
import { findUnfinished, unfinishedName } from '../unfinished.ts';
import { LOG, ROOTFS } from './protocol.ts';

export interface StagingDirectory {
  readonly path: string;
  /** Directories of the same target whose process has died. */
  readonly leftovers: readonly string[];
  /** Puts the finished rootfs, or the finished file, in the place of the target, for good. */
  deliver(): Promise<void>;
  /** Keeps the scripts' log beside the target, over nothing; its path, or null where nothing was logged. */
  keepLog(): Promise<string | null>;
  /** Removes the directories above the target that were made for it and hold nothing. */
  forget(): Promise<void>;
}

/** The tar, or the file system, while it is being written. */
export const FILE = 'file';

/**
 * Beside a target, or beside `place`, which need not exist, where there is none.
 *
 * @throws MkbaseError `target/busy` where another run is building the same target
 */
export async function makeStagingDirectory(
  target: RootfsTarget | null,
  place: string,
  { fsync = true }: Durability = {},
): Promise<StagingDirectory> {
  const final = target !== null && 'path' in target ? target.path : place;
  const firstMade = await makeFolder(dirname(final), { fsync });
  const inside = target?.kind === 'directory' && (await mustStageInside(final));
  const parent = inside ? final : dirname(final);
  const name = `.${basename(final)}`;
  const others = await findUnfinished(parent, name);
  const builder = others.find(({ fate }) => fate === 'alive');
  if (builder !== undefined && target !== null && target.kind !== 'stdout')
    throw busy(target.path, builder.pid);
  const path = join(parent, unfinishedName(name));
  await mkdir(path, { mode: 0o700 });

  return {
    path,
    leftovers: others.filter(({ isAbandoned }) => isAbandoned).map((other) => other.path),
    async deliver() {
      if (target === null || target.kind === 'stdout') return;
      if (target.kind !== 'directory') await rename(join(path, FILE), final);
      else if (inside) await moveUp(join(path, ROOTFS), final);
      else await renameDirectory(join(path, ROOTFS), final);
      // The data was forced to the disk when it was written.
      if (fsync) await syncFolder(parent);
    },
    async keepLog() {
      const log = join(path, LOG);
      const size = (await stat(log).catch(() => null))?.size ?? 0;
      if (size === 0 || target === null || target.kind === 'stdout') return null;
      return keepBeside(log, final).catch(() => null);
    },
    async forget() {
      if (firstMade === undefined) return;
      for (let at = dirname(final); at.startsWith(firstMade); at = dirname(at)) {
        await rmdir(at).catch(() => {}); // Something else is in it by now.
      }
    },
  };
}

/** Logs of one target that are kept, before the user is to look after them. */
const MOST_LOGS = 100;

/** Gives a log the first name that is free: what is there may be anybody's. */
async function keepBeside(log: string, target: string): Promise<string | null> {
  // Its first name was in a directory that nobody else may enter.
  await chmod(log, 0o666 & ~process.umask());
  for (let number = 0; number < MOST_LOGS; number++) {
    const name = `${target}${number === 0 ? '' : `.${number}`}.log`;
    try {
      await link(log, name);
      return name;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      // Not every file system has links.
      const copied = await copyFile(log, name, constants.COPYFILE_EXCL).catch((cause) => cause);
      if (copied === undefined) return name;
      if (copied.code !== 'EEXIST') throw copied;
    }
  }
  return null;
}

async function mustStageInside(target: string): Promise<boolean> {
  if ((await stat(target).catch(() => null)) === null) return false;
  const mounts = mountsWithin(await readFile('/proc/self/mountinfo', 'latin1'), target);
  if (mounts.includes(target)) return true;
  return access(dirname(target), constants.W_OK).then(
    () => false,
    () => true,
  );
}

async function renameDirectory(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    throw new MkbaseError('target/taken', `cannot put the base at \`${to}\`: something is there by now`, {
      hint: 'another program has written to it meanwhile; name another TARGET',
      cause,
    });
  }
}

/** Into a directory that cannot be replaced: entry by entry, then the owner and mode of the root itself. */
async function moveUp(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) await rename(join(from, name), join(to, name));
  const { uid, gid, mode } = await stat(from);
  await chown(to, uid, gid).catch(() => {}); // The user's own directory already has the right owner.
  await chmod(to, mode & 0o7777);
}

function busy(path: string, pid: number): MkbaseError {
  return new MkbaseError('target/busy', `another mkbase (process ${pid}) is building \`${path}\``, {
    hint: 'wait for it, or name another TARGET',
  });
}
