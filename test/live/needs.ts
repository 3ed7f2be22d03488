import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** A part that this machine may lack: `root`, or a program. */
export type Part = 'root' | 'user namespaces' | (string & {});

/** describe(), skipped with a printed reason where a part is missing. */
export function describeWith(parts: readonly Part[], name: string, body: () => void): void {
  const missing = parts.filter((part) => !has(part));
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  process.stderr.write(`skipped: ${name}: no ${missing.join(', no ')}\n`);
  describe.skip(`${name} (no ${missing.join(', no ')})`, body);
}

function has(part: Part): boolean {
  if (part === 'root') return process.getuid?.() === 0;
  if (part === 'user namespaces') return spawnSync('unshare', ['--user', 'true']).status === 0;
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, part)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
