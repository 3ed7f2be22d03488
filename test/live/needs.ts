import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

/** A part that this machine may lack: `root`, a program, or real data beside the project. */
export type Part = 'root' | 'user namespaces' | `../shared/${string}` | (string & {});

/** describe(), skipped with a printed reason where a part is missing. */
export function describeWith(parts: readonly Part[], name: string, body: () => void): void {
  const missing = parts.filter((part) => !has(part));
  const reason = missing.map((part) => `no ${part}`).join(', ');
  if (reason !== '') process.stderr.write(`skipped: ${name}: ${reason}\n`);
  describe.skipIf(reason !== '')(reason === '' ? name : `${name} (${reason})`, body);
}

/** A folder of real data that lies beside the checkout, where it does. */
export function sharedPath(part: string): string {
  return fileURLToPath(new URL(`../../${part}`, import.meta.url));
}

/** Whether this machine has a part. */
export function has(part: Part): boolean {
  if (part === 'root') return process.getuid?.() === 0;
  if (part === 'user namespaces') return spawnSync('unshare', ['--user', 'true']).status === 0;
  if (part.startsWith('../')) return existsSync(sharedPath(part));
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
