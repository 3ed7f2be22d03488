/**
 * The work of a thread of the unpacker: it decodes packages and writes their files. Between the two the owner
 * of the pool decides where each entry goes.
 */
import type { OnNotice } from '../derived/derived.ts';
import { MkbaseError, quoted } from '../errors.ts';
import type { TarEntry } from '../formats/tar.ts';
import { checkedAttributes } from './attributes.ts';
import type { PackageReader } from './package-file.ts';
import { createPreparation } from './preparation.ts';
import { Root } from './root.ts';
import { checkEntry, nameTooLong } from './sound-entry.ts';
import type { ControlFiles, CopyTask, HandSetup, OpenedPackage, Task } from './unpack-protocol.ts';
import { createWriter, type Writer } from './writer.ts';

/** Performs one task after the other. */
export function createUnpackWorker(
  reader: PackageReader,
  setup: HandSetup,
  notice: OnNotice,
): (task: Task) => Promise<unknown> {
  const preparation = createPreparation(reader, notice);
  const opened = new Map<number, readonly TarEntry[]>();
  let refusedNodes: string[] = [];
  let rootfs: { readonly root: Root; readonly writer: Writer } | undefined;

  return perform;

  async function perform(task: Task): Promise<unknown> {
    switch (task.do) {
      case 'enter':
        rootfs = openRootfs(task.root);
        return undefined;
      case 'open':
        return open(task.id, task.file, task.digest);
      case 'prepare':
        return preparation.useIn(task.place);
      case 'rest':
        return preparation.rest();
      case 'write':
        return inRootfs((writer) => {
          const entries = opened.get(task.opened) ?? [];
          opened.delete(task.opened);
          for (const { entry, path, over, beside, ...meta } of task.files) {
            writer.file(beside ?? path, meta, entries[entry]?.body ?? Buffer.alloc(0));
          }
        });
      case 'edit':
        return inRootfs((writer, root) => {
          for (const path of task.remove) writer.remove(path);
          for (const [beside, path] of task.replace) root.rename(beside, path);
          for (const [path, entry] of task.entries) if (entry.type !== 'hardlink') writer.other(path, entry);
          for (const { path, content, ...meta } of task.files) writer.replaceFile(path, meta, content);
          for (const [path, entry] of task.entries) if (entry.type === 'hardlink') writer.other(path, entry);
          for (const [path, entry] of task.entries.toReversed()) {
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

  async function open(id: number, file: string, digest: string): Promise<OpenedPackage> {
    const { entries, control, ...rest } = await preparation.read(file, digest);
    const heads = entries.map(({ body, uname, gname, records, xattrs, ...head }) => {
      checkEntry(head);
      return xattrs === undefined || reader.attributes === 'ignored'
        ? head
        : { ...head, ...checkedAttributes(head, xattrs) };
    });
    opened.set(id, entries);
    return { ...rest, heads, control: withoutTheRest(control) };
  }

  /** Others may change directories between two tasks: none stays open. */
  function inRootfs<T>(act: (writer: Writer, root: Root) => T): T {
    if (rootfs === undefined) throw new Error('no rootfs is open');
    const { root, writer } = rootfs;
    try {
      return act(writer, root);
    } catch (error) {
      throw explained(error as NodeJS.ErrnoException, setup);
    } finally {
      root.release();
    }
  }

  function openRootfs(path: string): NonNullable<typeof rootfs> {
    const refusedNode = (node: string) => refusedNodes.push(node);
    const root = new Root(path);
    return { root, writer: createWriter({ root, owners: setup.owners, refusedNode }) };
  }
}

/**
 * Each in memory of its own: a message to another thread takes along all the memory that a buffer is a view of, and a
 * package that was kept unpacked is one piece.
 */
function withoutTheRest(control: ControlFiles): ControlFiles {
  return new Map(
    Array.from(control, ([name, { mode, body }]) => [name, { mode, body: Uint8Array.from(body) }]),
  );
}

function copy({ from, to, entries }: CopyTask, owners: boolean): readonly string[] {
  const refused: string[] = [];
  const [source, target] = [new Root(from), new Root(to)];
  const writer = createWriter({ root: target, owners, refusedNode: (path) => refused.push(path) });
  try {
    for (const [path, entry] of entries) {
      if (entry.type === 'file') writer.file(path, entry, source.contents(path, entry.size));
      else writer.other(path, entry);
    }
    for (const [path, entry] of entries) if (entry.type === 'dir') writer.finishDirectory(path, entry);
  } finally {
    source.release();
    target.release();
  }
  return refused;
}

/** Paths were planned for what packages have: a script that ran since may have changed what is on the way. */
function explained(error: NodeJS.ErrnoException, { scripts }: HandSetup): Error {
  const { code = '', path = '/' } = error;
  const hasScripts = scripts ? 'a script of a package has' : 'a package has';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ELOOP':
    case 'EEXIST':
    case 'EISDIR':
    case 'ENOTEMPTY':
      return new MkbaseError(
        scripts ? 'script/path-in-the-way' : 'package/path-in-the-way',
        `cannot write ${quoted(path)} in the base (${code})`,
        { hint: `${hasScripts} put something else in the place of its directory`, cause: error },
      );
    case 'ENAMETOOLONG':
      return nameTooLong(path, error);
    default:
      return error;
  }
}
