import type { TarHead } from '../formats/tar.ts';
import type { Entry } from './tree.ts';

/**
 * An archive's entry as an entry of a Tree, where `linked` gives the path that a hard link leads to; it may
 * be left out by who takes care of hard links otherwise.
 */
export function treeEntry(
  { type, mode, uid, gid, mtime, size, link, major, minor, xattrs }: TarHead,
  linked: (link: string) => string = (link) => link,
): Entry {
  const meta = { mode, uid, gid, mtime, ...(xattrs && { xattrs }) };
  switch (type) {
    case 'file':
      return { ...meta, type, size };
    case 'symlink':
      return { ...meta, type, target: link };
    case 'hardlink':
      return { ...meta, type, target: linked(link) };
    case 'char':
    case 'block':
      return { ...meta, type, major, minor };
    default:
      return { ...meta, type };
  }
}
