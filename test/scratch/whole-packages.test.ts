import { describe, expect, it } from 'vitest';
import type { TakenPackage } from '../../src/scratch/packages.ts';
import { unconfigured, withDependencies } from '../../src/scratch/whole-packages.ts';
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
  [...withDependencies({ include }, packages)].sort();

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

describe('unconfigured', () => {
  it('names packages whose scripts would have configured them', () => {
    expect(unconfigured(PACKAGES)).toEqual(['dash']);
  });
});
