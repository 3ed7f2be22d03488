import { describe, expect, it } from 'vitest';
import { scratch as apk } from '../../src/families/apk/plan/scratch.ts';
import { scratch as apt } from '../../src/families/apt/plan/scratch.ts';
import type { TakenPackage } from '../../src/families/family.ts';
import { withDependencies } from '../../src/scratch/whole-packages.ts';
import { lockOf } from '../support/lock.ts';

function packageOf(name: string, fields = '', pocket = 'release'): TakenPackage {
  const control = `Package: ${name}\nVersion: 1\nArchitecture: amd64\n${fields}`;
  const files = new Map([['control', { mode: 0o644, body: Buffer.from(control) }]]);
  if (name === 'dash') files.set('postinst', { mode: 0o755, body: Buffer.from('#!/bin/sh\n') });
  return { locked: { ...lockOf().packages[0]!, name, pocket }, entries: [], control: files, built: 0 };
}

const PACKAGES = [
  packageOf('dash', 'Pre-Depends: libc6 (>= 2.36)\nDepends: missing | awk\n'),
  packageOf('libc6'),
  packageOf('mawk', 'Provides: awk\n'),
  packageOf('openssl', 'Depends: libc6\n'),
  packageOf('mine', 'Depends: openssl\n', 'local'),
];

const closureOf = (include: readonly string[], packages = PACKAGES.slice(0, 4)) =>
  [...withDependencies({ include }, packages, apt)].sort();

describe('withDependencies', () => {
  it('follows dependencies to what is there, by name and by what provides it', () => {
    expect(closureOf(['dash'])).toEqual(['dash', 'libc6', 'mawk']);
    expect(closureOf(['openssl=1', 'libc6/stable'])).toEqual(['libc6', 'openssl']);
    expect(closureOf([])).toEqual([]);
  });

  it('takes package files of this machine, which have no name on the command line', () => {
    expect(closureOf([], PACKAGES)).toEqual(['libc6', 'mine', 'openssl']);
  });
});

describe('what a family knows', () => {
  it('tells whether a script would have configured a package', () => {
    const { isConfigured } = apt;
    expect(PACKAGES.filter(isConfigured).map(({ locked }) => locked.name)).toEqual(['dash']);
  });

  it('leaves the description of packages where scanners look', () => {
    const [file] = apt.databaseOf(PACKAGES.slice(0, 1));
    expect(file?.path).toBe('var/lib/dpkg/status.d/dash');
    expect(file?.content.toString()).toContain('Package: dash\n');
    const info = 'pkgname = musl\npkgver = 1.2.5-r0\narch = x86_64\ndatahash = 00\nlicense = MIT\n';
    const musl: TakenPackage = {
      ...PACKAGES[1]!,
      control: new Map([['.PKGINFO', { mode: 0o644, body: Buffer.from(info) }]]),
    };
    const [database] = apk.databaseOf([musl]);
    expect(database?.path).toBe('lib/apk/db/installed');
    expect(database?.content.toString()).toMatch(/^P:musl\nV:1\.2\.5-r0\n/m);
  });
});
