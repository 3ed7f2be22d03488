import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { buildElf, PIE } from '../support/elf.ts';
import { collector } from '../support/streams.ts';

const schema = JSON.parse(await readFile(new URL('../../docs/events.schema.json', import.meta.url), 'utf8'));

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-doctor-test-'));
});
afterEach(() => rm(cwd, { recursive: true }));

async function mkbase(line: string) {
  const [stdout, stderr] = [collector(), collector()];
  const { signal } = new AbortController();
  const world = { env: {}, cwd, stdout, stderr, signal, stdin: async () => '' };
  const status = await run(line.split(' '), world);
  return { status, out: stdout.text(), err: stderr.text() };
}

describe('mkbase doctor', () => {
  it('tells of a program whether it would start in an empty image', async () => {
    await writeFile(join(cwd, 'good'), buildElf());
    await writeFile(join(cwd, 'bad'), '#!/bin/sh\n');
    expect(await mkbase('doctor good')).toMatchObject({
      status: 0,
      out: '`good` (amd64) would start: in an empty image, a static program\n',
    });
    expect(await mkbase('doctor bad')).toMatchObject({
      status: 11,
      out: expect.stringMatching(
        /^`bad` \(\w+\) would not start: in an empty image, a script for \/bin\/sh\n {2}error/,
      ),
    });
  });

  it('looks at no program of any size: a sparse one', async () => {
    await writeFile(join(cwd, 'sparse'), '');
    await truncate(join(cwd, 'sparse'), 3 * 2 ** 30);
    expect(await mkbase('doctor sparse')).toMatchObject({
      ...{ status: 11, err: expect.stringContaining('has 3072 MiB: of such a file at most 1024 MiB') },
    });
  });

  it('names no libraries of a program that has none but its dynamic linker, as those of Go', async () => {
    const linker = process.arch === 'x64' ? '/lib64/ld-linux-x86-64.so.2' : '/lib/ld-linux-aarch64.so.1';
    const machine = process.arch === 'x64' ? 62 : 183;
    await writeFile(join(cwd, 'pie'), buildElf({ type: 3, flags1: PIE, interpreter: linker, machine }));
    const { out } = await mkbase('doctor pie');
    expect(out).toContain('a dynamic program, with no library but its dynamic linker\n');
    expect(out).toContain('bring it with `--with-libs`');
  });

  it('finds nothing wrong with an image that mkbase scratch made, and says so to programs', async () => {
    await writeFile(join(cwd, 'app-amd64'), buildElf());
    await writeFile(join(cwd, 'app-arm64'), buildElf({ machine: 183 }));
    expect(await mkbase('scratch app-amd64 app-arm64 oci:out -q')).toMatchObject({ status: 0 });
    const { status, out } = await mkbase('doctor oci:out --json');
    expect(status).toBe(0);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { arch: 'amd64', starts: true, findings: [] },
      { arch: 'arm64', starts: true, findings: [] },
    ]);
    const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
    for (const line of lines) expect(validate(line) ? [] : validate.errors).toEqual([]);
  });
});
