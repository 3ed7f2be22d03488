import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { readElf } from '../../src/formats/elf.ts';
import { findLibraries } from '../../src/programs/libraries.ts';
import { readProgram } from '../../src/programs/program.ts';
import { hostView } from '../../src/scratch/views.ts';
import { type Docker, startDocker } from '../support/dockerd.ts';
import { describeWith } from './needs.ts';
import { MAIN } from './run.ts';

const SOURCE = `
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>
int main() {
  struct addrinfo *found;
  struct passwd *user = getpwuid(getuid());
  printf("%s %s %d\\n", user ? user->pw_name : "none", user ? user->pw_dir : "none",
         getaddrinfo("localhost", "80", 0, &found));
}
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mkbase-live-scratch-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function shell(command: string, env: Record<string, string> = {}): string {
  const options = { cwd: folder, encoding: 'utf8', stdio: 'pipe', env: { ...process.env, ...env } } as const;
  return execFileSync('sh', ['-c', command], options);
}

describeWith(['gcc', 'ldd'], "a compiler's programs", () => {
  it.each([
    ['-static', 'static'],
    ['-static-pie', 'static-pie'],
    ['', 'dynamic'],
    ['-no-pie', 'dynamic'],
    ['-shared -fPIC', 'library'],
    ['-c', 'other'],
  ])('of gcc %s are %s', async (options, kind) => {
    await writeFile(join(folder, 'app.c'), SOURCE);
    shell(`gcc ${options} app.c -o app 2>&1`);
    expect(readElf(await readFile(join(folder, 'app'))).kind).toBe(kind);
  });

  it.each(['curl', 'git', 'python3', 'skopeo', 'perl', 'gcc'])(
    'have the libraries that ldd shows: %s',
    async (name) => {
      const path = await realpath(shell(`command -v ${name} || true`).trim() || '/bin/sh');
      const program = readProgram(await readFile(path), name);
      if (program.kind === 'script') return;
      const { libraries, missing } = findLibraries({ ...program, at: path, place: path }, hostView());
      const shown = [...shell(`ldd ${path} || true`).matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]);
      expect(missing).toEqual([]);
      expect(libraries.map(({ at }) => at).sort()).toEqual([...new Set(shown)].sort());
    },
  );
});

describeWith(['root', 'dockerd', 'docker', 'gcc'], 'a scratch image in docker', () => {
  let docker: Docker | null;
  beforeAll(async () => {
    docker = await startDocker();
    await writeFile(join(folder, 'app.c'), SOURCE);
    shell('gcc -static app.c -o static 2>/dev/null; gcc app.c -o dynamic');
  });
  afterAll(() => docker?.stop());

  beforeEach(({ skip }) => {
    if (docker !== null) return;
    process.stderr.write('skipped: a scratch image in docker: dockerd does not start here\n');
    skip('dockerd does not start here');
  });

  function run(options: string, name: string): string {
    const env = { DOCKER_HOST: docker!.host };
    shell(`${process.execPath} ${MAIN} scratch ${options} docker-daemon:${name} --quiet`, env);
    return shell(`docker run --rm --network=none ${name}`, env);
  }

  it.each([
    ['a static program', './static'],
    ["a dynamic one with this machine's libraries", './dynamic --with-libs'],
    ['a dynamic one with those of signed packages', './dynamic --with-libs --from bookworm'],
    ['a dynamic one with those of a later suite', './dynamic --with-libs --from trixie'],
  ])('starts %s, as nonroot', (_, options) => {
    expect(run(options, 'app:nonroot')).toMatch(/^nonroot \/home\/nonroot /);
    expect(run(`${options} --user 1000`, 'app:user')).toMatch(/^user \/home\/user /);
  });
});
