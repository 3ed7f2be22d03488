import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface Docker {
  /** DOCKER_HOST of this daemon. */
  readonly host: string;
  readonly stop: () => Promise<void>;
}

/**
 * A docker daemon with an empty store of its own, without bridge or iptables: containers run without a
 * network. Null where this machine lets none run.
 */
export async function startDocker(): Promise<Docker | null> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-docker-'));
  const host = `unix://${folder}/docker.sock`;
  const daemon = spawn(
    'dockerd',
    [
      ...[`--data-root=${folder}/data`, `--exec-root=${folder}/exec`, `--pidfile=${folder}/pid`],
      ...['-H', host, '--iptables=false', '--ip6tables=false', '--bridge=none'],
    ],
    { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } },
  );
  const stop = async () => {
    await ended(daemon);
    // A container with the host's network leaves its namespace mounted.
    spawnSync('umount', [`${folder}/exec/netns/default`]);
    await rm(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < 150 && daemon.exitCode === null; attempt++) {
    if (spawnSync('docker', ['-H', host, 'version']).status === 0) return { host, stop };
    await setTimeout(200);
  }
  await stop();
  return null;
}

async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
}
