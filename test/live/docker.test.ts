import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
    const cache = `--cache-dir=${join(folder, 'cache')}`;
    execFileSync(process.execPath, [MAIN, 'bookworm', join(folder, 'out'), cache, '--quiet']);
    execFileSync(process.execPath, [MAIN, 'bookworm', join(folder, 'out.tar'), cache, '--quiet']);
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

  // A container of docker's defaults has no CAP_SYS_ADMIN, and its filter forbids unshare(2).
  it.skipIf(!process.execPath.startsWith('/usr/'))(
    'is made inside of a plain container, the same',
    async () => {
      shell('mkdir -p host/usr host/etc host/tmp && cd host && ln -s usr/bin usr/sbin usr/lib usr/lib64 .');
      shell('tar -C host -c . | docker import - host:usr');
      const project = fileURLToPath(new URL('../..', import.meta.url));
      const modules = await realpath(join(project, 'node_modules'));
      const mounts = ['/usr:/usr:ro', '/etc:/etc:ro', `${folder}:/job`, `${modules}:/node_modules:ro`];
      const options = mounts.map((mount) => `-v ${mount}`).join(' ');
      const program = '/job/program/dist/bundles/mkbase.cjs';
      shell(
        `mkdir program && cd program && cp -r ${project}dist ${project}recipes ${project}docs ${project}package.json .`,
      );
      const build = `${process.execPath} ${program} bookworm /job/inside.tar --cache-dir=/job/cache --offline`;
      expect(shell(`docker run --rm --network=none ${options} host:usr ${build} 2>&1`)).toContain(
        'plain chroot',
      );
      expect(
        (await readFile(join(folder, 'inside.tar'))).equals(await readFile(join(folder, 'out.tar'))),
      ).toBe(true);
    },
  );

  function shell(command: string): string {
    const env = { ...process.env, DOCKER_HOST: docker?.host };
    return execFileSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' });
  }
});
