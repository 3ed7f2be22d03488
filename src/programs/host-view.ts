import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { type FileView, followWith, type Looked } from './file-view.ts';

/** This machine's files. Paths are binary strings. */
export function hostView(): FileView {
  const bytes = (path: string) => Buffer.from(path, 'latin1');
  return {
    follow: followWith((path) => lookAt(bytes(path))),
    read: (real) => readFileSync(bytes(real)),
    sizeOf: (real) => statSync(bytes(real)).size,
    list(path) {
      try {
        return readdirSync(bytes(path), 'latin1');
      } catch {
        return [];
      }
    },
  };
}

function lookAt(path: Buffer): Looked {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  if (stats.isSymbolicLink()) return { target: readlinkSync(path, 'latin1') };
  return stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
}
