/**
 * The sandbox of a root that may not make namespaces: a chroot, in which nothing can be mounted. Programs
 * are silenced by a stub in their place, as debootstrap does it, and /dev gets what nodes may be made.
 */
import {
  existsSync,
  lstatSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { makeDevice, NODES, requireDirectory } from './mounts.ts';
import { type Stub, stubScript } from './stub.ts';
import { changeRoot } from './syscalls.ts';

export interface Covered {
  /** Puts the real programs back and removes the nodes; from inside. */
  leave(): void;
}

/** Makes `root` this process's root directory, with `stubs` in the place of their programs. */
export function enterPlainRoot(root: string, stubs: readonly Stub[]): Covered {
  // From inside, no link of a package leads out.
  changeRoot(root);
  const programs = stubs.flatMap(cover);
  requireDirectory('', 'dev');
  const nodes = Object.entries(NODES).flatMap(([name, [major, minor]]) => {
    const node = `/dev/${name}`;
    if (lstatSync(node, { throwIfNoEntry: false }) !== undefined) return [];
    makeDevice(node, major, minor);
    return [node];
  });
  const clearTemporary = remember('/tmp');
  return {
    leave() {
      for (const program of programs) restore(program);
      for (const node of nodes) rmSync(node, { force: true });
      clearTemporary();
    },
  };
}

/** Returns a function that removes later additions to a directory and restores its time. */
function remember(directory: string): () => void {
  const before = lstatSync(directory, { throwIfNoEntry: false });
  if (before?.isDirectory() !== true) return () => {};
  const names = new Set(readdirSync(directory));
  return () => {
    if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return;
    for (const name of readdirSync(directory)) {
      if (!names.has(name)) rmSync(`${directory}/${name}`, { recursive: true, force: true });
    }
    utimesSync(directory, before.atime, before.mtime);
  };
}

const aside = (path: string) => `${path}.mkbase`;

/** Puts the stub in the program's place (in merged /usr, behind the link) and returns the path; else nothing. */
function cover(stub: Stub): string[] {
  const path = existsSync(stub.path) ? realpathSync(stub.path) : '';
  if (path === '' || !lstatSync(path).isFile()) return [];
  renameSync(path, aside(path));
  writeFileSync(path, stubScript(stub, aside(path)), { mode: 0o755, flag: 'wx' });
  return [path];
}

function restore(path: string): void {
  if (existsSync(aside(path))) renameSync(aside(path), path);
}
