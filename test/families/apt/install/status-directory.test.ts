import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Opened } from '../../../../src/families/apt/install/dpkg-database.ts';
import { statusDirectory } from '../../../../src/families/apt/install/status-directory.ts';
import { readControl } from '../../../../src/families/apt/package/control.ts';

const root = mkdtempSync(join(tmpdir(), 'mkbase-status-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function opened(name: string, arch: string, md5sums?: string): Opened {
  const control = `Package: ${name}\nVersion: 1\nArchitecture: ${arch}\nMaintainer: x\nDescription: x\n`;
  const member = (text: string) => ({ mode: 0o644, body: Buffer.from(text) });
  return {
    control: readControl(control, ''),
    files: new Map([
      ['control', member(control)],
      ['postinst', member('#!/bin/sh\n')],
      ...(md5sums === undefined ? [] : [['md5sums', member(md5sums)] as const]),
    ]),
    interests: [],
  };
}

test("status.d has a package's control file and sums, and dpkg's database goes", () => {
  const info = join(root, 'var/lib/dpkg/info');
  mkdirSync(info, { recursive: true });
  for (const name of ['format', 'base.list']) writeFileSync(join(info, name), '');
  const packages = [
    opened('base', 'amd64', 'sums\n'),
    opened('data', 'all'),
    opened('libc6', 'i386', 'other\n'),
  ];
  const { remove, files } = statusDirectory(root, { packages, arch: 'amd64', epoch: 5 });
  expect(remove.toSorted()).toEqual([
    'var/lib/dpkg/info',
    'var/lib/dpkg/info/base.list',
    'var/lib/dpkg/info/format',
    'var/lib/dpkg/status',
  ]);
  // The directory goes after what is in it.
  expect(remove.indexOf('var/lib/dpkg/info')).toBe(2);
  expect(files.map(({ path, content }) => [path, Buffer.from(content).toString().split('\n')[0]])).toEqual([
    ['var/lib/dpkg/status.d/base', 'Package: base'],
    ['var/lib/dpkg/status.d/base.md5sums', 'sums'],
    ['var/lib/dpkg/status.d/data', 'Package: data'],
    ['var/lib/dpkg/status.d/libc6:i386', 'Package: libc6'],
    ['var/lib/dpkg/status.d/libc6:i386.md5sums', 'other'],
  ]);
  for (const text of files) expect(text).toMatchObject({ mode: 0o644, uid: 0, gid: 0, mtime: 5 });
});
