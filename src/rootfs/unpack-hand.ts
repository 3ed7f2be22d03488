/**
 * What a thread of the unpacker does: it decodes packages and writes their files. Between the two the owner
 * of the pool decides where each entry goes. While it writes, the rootfs is the thread's root directory
 * where the system allows that, so that no link in it can lead a write outside.
 */
import { readFileSync } from 'node:fs';
import { MkbaseError, quoted } from '../errors.ts';
import { createHasher, parseDigest } from '../formats/digest.ts';
import type { TarEntry } from '../formats/tar.ts';
import { threadWithin } from '../sandbox/thread-root.ts';
import type { PackageReader } from './package-file.ts';
import type { CopyTask, HandSetup, OpenedPackage, Task } from './unpack-protocol.ts';
import { createWriter, type Writer } from './writer.ts';

/** Of the calling thread, of which it takes the root directory while it writes. */
export async function createHand(setup: HandSetup): Promise<(task: Task) => Promise<unknown>> {
  const reader = (await import(setup.reader)) as PackageReader;
  const opened = new Map<number, readonly TarEntry[]>();
  let refusedNodes: string[] = [];
  let rootfs: { readonly writer: Writer; readonly within: <T>(act: () => T) => T } | undefined;

  return perform;

  async function perform(task: Task): Promise<unknown> {
    switch (task.do) {
      case 'enter':
        rootfs = openRootfs(task.root);
        return undefined;
      case 'open':
        return open(task.id, Buffer.from(task.bytes), task.digest);
      case 'write':
        return inRootfs((writer) => {
          const entries = opened.get(task.opened) ?? [];
          opened.delete(task.opened);
          for (const { entry, path, over, ...meta } of task.files) {
            const content = entries[entry]?.body ?? Buffer.alloc(0);
            if (over) writer.fileBeside(path, meta, content);
            else writer.file(path, meta, content);
          }
        });
      case 'finish':
        return inRootfs((writer) => {
          for (const path of task.remove) writer.remove(path);
          for (const path of task.settle) writer.settle(path);
          for (const [path, entry] of task.others) if (entry.type !== 'hardlink') writer.other(path, entry);
          for (const { path, content, ...meta } of task.texts) writer.replaceFile(path, meta, content);
          for (const [path, entry] of task.others) if (entry.type === 'hardlink') writer.other(path, entry);
          for (const [path, entry] of task.others.toReversed()) {
            if (entry.type === 'dir') writer.finishDirectory(path, entry);
          }
          const refused = refusedNodes;
          refusedNodes = [];
          return refused;
        });
      case 'copy':
        return copy(task, setup.owners);
    }
  }

  async function open(id: number, bytes: Buffer, digest: string): Promise<OpenedPackage> {
    // What is parsed is what was verified, whatever happened to the cache in between.
    const { algorithm, hex } = parseDigest(digest);
    const hasher = createHasher(algorithm);
    hasher.update(bytes);
    if (hasher.digest() !== hex) {
      throw new MkbaseError('package/wrong-hash', 'the file is not the one that was verified', {
        hint: 'something changed it in the cache; build again',
      });
    }
    const { entries, ...rest } = await reader.readPackage(bytes);
    opened.set(id, entries);
    return { ...rest, heads: entries.map(({ body, uname, gname, records, ...head }) => head) };
  }

  function inRootfs<T>(act: (writer: Writer) => T): T {
    if (rootfs === undefined) throw new Error('no rootfs is open');
    const { writer, within } = rootfs;
    try {
      return within(() => act(writer));
    } catch (error) {
      throw explained(error as NodeJS.ErrnoException);
    }
  }

  function openRootfs(root: string): NonNullable<typeof rootfs> {
    const refusedNode = (path: string) => refusedNodes.push(path);
    const { owners, confined } = setup;
    const writer = createWriter({ base: confined ? '/' : `${root}/`, owners, refusedNode });
    return { writer, within: confined ? threadWithin(root) : (act) => act() };
  }
}

/** Nothing runs in either directory any more, and the one that is written to is new: no link can mislead. */
function copy({ from, to, entries }: CopyTask, owners: boolean): readonly string[] {
  const refused: string[] = [];
  const target = createWriter({
    base: `${to}/`,
    owners,
    refusedNode: (path) => refused.push(path),
  });
  for (const [path, entry] of entries) {
    if (entry.type === 'file') {
      target.file(path, entry, readFileSync(Buffer.from(`${from}/${path}`, 'latin1')));
    } else target.other(path, entry);
  }
  for (const [path, entry] of entries) if (entry.type === 'dir') target.finishDirectory(path, entry);
  return refused;
}

/** Paths were planned for what packages have: a script that ran since may have changed what is on the way. */
function explained(error: NodeJS.ErrnoException): Error {
  if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(error.code ?? '')) return error;
  const path = quoted(error.path ?? '/');
  return new MkbaseError('script/path-in-the-way', `cannot write ${path} in the base (${error.code})`, {
    hint: 'a script of a package has put something else in the place of its directory',
    cause: error,
  });
}
