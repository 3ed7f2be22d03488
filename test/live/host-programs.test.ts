import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { MAIN } from './run.ts';

const ALLOWED = ['setpriv', 'unshare', 'nsenter'];

describeWith(['root', 'strace', ...ALLOWED], 'the programs of the host', () => {
  let folder: string;
  let mirror: Mirror;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-programs-'));
    mirror = await startLiveMirror();
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('that a build runs are util-linux’s and node, and no others', async () => {
    const path = join(folder, 'bin');
    const trace = join(folder, 'trace');
    await mkdir(path);
    for (const name of ALLOWED) await symlink(`/usr/bin/${name}`, join(path, name));
    const command = [MAIN, 'bookworm', join(folder, 'out'), `${mirror.url}/debian`, '--quiet'];
    // The rootfs' own programs are run by process 1 of the sandbox, after it has made the rootfs its root.
    await promisify(execFile)(
      '/usr/bin/strace',
      ['-f', '-qq', '-e', 'trace=execve,pivot_root', '-o', trace, process.execPath, ...command],
      { env: { PATH: path, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') } },
    );
    const lines = (await readFile(trace, 'utf8')).split('\n');
    const pivot = lines.findIndex((line) => line.includes('pivot_root('));
    const guest = lines[pivot]?.split(' ')[0];
    const executed = lines.flatMap((line, at) => {
      const [, pid, program] = /^(\d+) +execve\("([^"]+)".* = 0$/.exec(line) ?? [];
      return program === undefined ? [] : [{ pid, program, at }];
    });
    const before = executed.filter(({ at }) => at < pivot).map(({ program }) => program);
    expect(guest).toBeDefined();
    expect([...new Set(before)].sort()).toEqual(
      [process.execPath, ...['setpriv', 'unshare'].map((name) => join(path, name))].sort(),
    );
    // After that only the sandbox starts programs: none of them is one of the folder above, or node.
    const after = executed.filter(({ at }) => at > pivot).map(({ program }) => program);
    expect(after.filter((program) => program.startsWith(folder) || program === process.execPath)).toEqual([]);
    expect(after).toContain('/usr/bin/dpkg');
  });
});
