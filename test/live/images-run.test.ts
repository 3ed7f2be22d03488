import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Docker, startDocker } from '../support/dockerd.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { describeWith, sharedPath } from './needs.ts';
import { MAIN, run } from './run.ts';

const NOBLE = '../shared/data/ubuntu-noble-mirror';

describeWith(['root', 'dockerd', 'docker', NOBLE], 'an image from one command', () => {
  let folder: string;
  let docker: Docker | null;
  let mirror: TestServer;
  let registry: TestRegistry;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-run-'));
    docker = await startDocker();
    mirror = await startServer(sharedPath(NOBLE));
    registry = await startRegistry();
  });
  afterAll(async () => {
    await docker?.stop();
    await mirror?.close();
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(({ skip }) => {
    if (docker === null) skip('dockerd does not start here');
  });

  it.each([
    ['bookworm', '12'],
    ['trixie', '13'],
  ])('runs: %s', async (suite, version) => {
    await sh(`mkbase ${suite} docker-daemon:base:${suite} --quiet`);
    expect(await sh(`${RUN} base:${suite} sh -c '. /etc/os-release; echo $VERSION_ID; dpkg --audit'`)).toBe(
      `${version}\n`,
    );
  });

  /** How people made a base of a suite: debootstrap, docker import, and then on to everywhere. */
  it('is built, imported, run, tagged, pushed, pulled, saved and loaded: noble', async () => {
    const base = `${registry.host}/team/noble:base`;
    const options = `--keyring=${sharedPath(NOBLE)}/test-archive.asc --pockets=release --quiet`;
    await sh(`mkbase noble ./noble ${mirror.url} ${options}`);
    await sh('mkbase import ./noble docker-daemon:noble docker-archive:noble.tar:noble --quiet');
    expect(await sh(`${RUN} noble cat /etc/lsb-release`)).toContain('DISTRIB_CODENAME=noble');

    const pushed = (await sh(`mkbase push noble.tar:noble docker://${base} --plain-http --quiet`)).trim();
    await sh('docker rmi noble');
    expect(await sh(`docker pull ${base}`)).toContain(`Digest: ${pushed}`);
    expect(await sh(`${RUN} ${base} cat /etc/lsb-release`)).toContain('DISTRIB_CODENAME=noble');

    await sh(`docker tag ${base} noble:again && docker save -o saved.tar noble:again && docker rmi ${base}`);
    await sh(
      'docker rmi noble:again && mkbase copy saved.tar:noble:again docker-daemon:noble:loaded --quiet',
    );
    expect(await sh(`${RUN} noble:loaded cat /etc/lsb-release`)).toContain('DISTRIB_CODENAME=noble');
  });

  const RUN = 'docker run --rm --network=none';

  function sh(command: string): Promise<string> {
    const program = `mkbase() { '${process.execPath}' '${MAIN}' "$@"; }`;
    const script = `set -e; cd '${folder}'; export DOCKER_HOST='${docker?.host}'; ${program}; ${command}`;
    return run('sh', ['-c', script]);
  }
});
