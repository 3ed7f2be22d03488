import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { withInertPrograms } from '../../src/hooks/inert-programs.ts';
import { Root } from '../../src/rootfs/root.ts';

describe('a program whose inert program', () => {
  let folder: string;
  let program: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mkbase-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    program = join(folder, 'program');
    writeFileSync(program, 'real', { mode: 0o4755 });
  });

  const text = () => readFileSync(program, 'utf8');
  const during = async (act: () => void) => {
    await withInertPrograms([program, join(folder, 'absent')], new Root('/'), async () => act());
    expect(readdirSync(folder)).toEqual(['program']);
  };

  it('was left alone is back, and did nothing meanwhile', async () => {
    await during(() => expect(text()).toBe('#!/bin/sh\nexit 0\n'));
    expect(text()).toBe('real');
    expect(statSync(program).mode & 0o7777).toBe(0o4755);
  });

  it('was removed is back', async () => {
    await during(() => rmSync(program));
    expect(text()).toBe('real');
  });

  it('was replaced by another program gives way to that', async () => {
    await during(() => writeFileSync(program, 'newer'));
    expect(text()).toBe('newer');
  });

  it('is not made where a link leads elsewhere', async () => {
    rmSync(program);
    symlinkSync('/bin/true', program);
    await during(() => expect(text()).not.toContain('exit 0'));
  });
});
