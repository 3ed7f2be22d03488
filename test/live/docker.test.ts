import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Docker, startDocker } from '../support/dockerd.ts';
import { describeWith } from './needs.ts';
import { MAIN } from './run.ts';

describeWith(['root', 'dockerd', 'docker', 'tar'], 'a base in docker', () => {
  let folder: string;
  let docker: Docker | null;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-docker-'));
    docker = await startDocker();
    if (docker === null) return;
    execFileSync(process.execPath, [MAIN, 'bookworm', join(folder, 'out'), '--quiet']);
    execFileSync(process.execPath, [MAIN, 'bookworm', join(folder, 'out.tar'), '--quiet']);
  });
  afterAll(async () => {
    await docker?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(({ skip }) => {
    if (docker !== null) return;
    process.stderr.write('skipped: a base in docker: dockerd does not start here\n');
    skip('dockerd does not start here');
  });

  it('is imported from a directory, and runs', () => {
    shell('tar -C out -c . | docker import - base:directory');
    expect(shell('docker run --rm --network=none base:directory cat /etc/os-release')).toContain(
      'VERSION_ID="12"',
    );
  });

  it('is imported from a tar, and runs', () => {
    shell('docker import out.tar base:tar');
    expect(shell('docker run --rm --network=none base:tar dpkg --audit')).toBe('');
    expect(shell('docker run --rm --network=none base:tar sh -c "id -un; bash --version"')).toMatch(
      /^root\nGNU bash/,
    );
  });

  function shell(command: string): string {
    const env = { ...process.env, DOCKER_HOST: docker?.host };
    return execFileSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' });
  }
});
