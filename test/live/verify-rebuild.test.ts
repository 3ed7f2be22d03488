import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';

describeWith(['user namespaces'], '--verify-rebuild', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-verify-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const args = (name: string) => {
    return [MAIN, 'bookworm', join(folder, name), '--variant=essential', '--verify-rebuild'];
  };

  it('finds two builds of a real base equal', async () => {
    await run(process.execPath, [...args('same.tar'), '--quiet']);
    expect((await readdir(folder)).sort()).toEqual(['same.tar', 'same.tar.lock.json']);
  });

  it('names what a hook made differently, and leaves nothing', async () => {
    const hook = '--customize-hook=date +%N > "$1/etc/moment"';
    const failed = promisify(execFile)(process.execPath, [...args('other.tar'), hook]);
    await expect(failed).rejects.toMatchObject({
      code: 8,
      stderr: expect.stringContaining(
        'error: two builds of the same lock differ\n  C `/etc/moment` (content)\n',
      ),
    });
    expect(await readdir(folder)).not.toContain('other.tar');
  });
});
