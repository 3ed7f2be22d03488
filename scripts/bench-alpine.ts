import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Job, MKBASE, type Tool } from './bench-job.ts';

export interface AlpineOptions {
  /** A folder that is laid out like Alpine's mirrors, with the packages of v3.20's minirootfs. */
  readonly mirror: string;
  /** The key of its indexes, where that is not Alpine's. */
  readonly keyring: string | undefined;
  /** For the base that the real apk is taken from. */
  readonly directory: string;
}

/** The official image's set beside the real apk, from a mirror on this machine. */
export async function alpineJobs({ mirror, keyring, directory }: AlpineOptions): Promise<readonly Job[]> {
  const options = [
    ...['--components=main', '--quiet'],
    ...(keyring === undefined ? [] : [`--keyring=${resolve(keyring)}`]),
  ];
  const folder = resolve(mirror);
  const mkbase = (more: readonly string[]): Tool => ({
    name: 'mkbase',
    command: ({ target, cache }) => [
      ...[...MKBASE, 'alpine:3.20', target, pathToFileURL(folder).href, `--cache-dir=${cache}`],
      ...options,
      ...more,
    ],
  });
  const root = join(directory, 'apk');
  await rm(root, { recursive: true, force: true });
  const [program = '', ...args] = mkbase([]).command({
    ...{ mirror: '', shared: '', target: root, cache: `${root}.cache` },
  });
  execFileSync(program, args);
  const apk = async (more: readonly string[]): Promise<Tool> => {
    const command = await realApk(root, { folder, keyring, more });
    return { name: 'apk', command: ({ target }) => [...command, '--root', target] };
  };
  const sealed: Tool = {
    ...mkbase([]),
    command: (places) => {
      const { command } = mkbase(['--scripts=skip', '--no-cache-results']);
      return command({ ...places, target: `oci:${places.target}` });
    },
  };
  return [
    {
      name: 'alpine',
      about: 'Alpine’s minirootfs set from a warm cache, with scripts, into a directory',
      warm: true,
      tools: [mkbase([]), await apk([])],
    },
    {
      name: 'alpine-image',
      about: 'the same without scripts, into an OCI layout; apk into a directory',
      warm: true,
      tools: [sealed, await apk(['--no-scripts'])],
    },
  ];
}

interface RealApk {
  readonly folder: string;
  readonly keyring: string | undefined;
  readonly more: readonly string[];
}

/** The apk of a base, run from outside of it by the base's own loader. */
async function realApk(root: string, { folder, keyring, more }: RealApk): Promise<readonly string[]> {
  const loader = (await readdir(join(root, 'lib'))).find((name) => name.startsWith('ld-musl-'));
  if (loader === undefined) throw new Error(`\`${root}\` has no loader of musl`);
  const world = (await readFile(join(root, 'etc/apk/world'), 'utf8')).trim().split('\n');
  const keys = keyring === undefined ? join(root, 'usr/share/apk/keys') : dirname(resolve(keyring));
  return [
    ...[join(root, 'lib', loader), '--library-path', `${join(root, 'lib')}:${join(root, 'usr/lib')}`],
    ...[join(root, 'sbin/apk'), 'add', ...world, '--initdb', '--no-progress', ...more],
    ...['--keys-dir', keys, '--repositories-file', '/dev/null', '--repository', join(folder, 'v3.20/main')],
  ];
}
