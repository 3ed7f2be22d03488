import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { readElf } from '../../src/formats/elf.ts';
import { flatten } from '../../src/image/flatten.ts';
import type { Image } from '../../src/image/image.ts';
import { hostView } from '../../src/programs/host-view.ts';
import { findLibraries } from '../../src/programs/libraries.ts';
import { readProgram } from '../../src/programs/program.ts';
import { openImage, parseImageSource } from '../../src/targets/image-source.ts';
import { cyclonedxFaults } from '../support/cyclonedx.ts';
import { type Docker, startDocker } from '../support/dockerd.ts';
import { describeWith, sharedPath } from './needs.ts';
import { MAIN } from './run.ts';

const ALPINE = '../shared/data/alpine-mirror';

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

describeWith(['go', 'rustc'], 'programs of other languages', () => {
  it('of Go are static, and start in an empty image', async () => {
    await writeFile(join(folder, 'app.go'), 'package main\nfunc main() { println("hello") }\n');
    shell('CGO_ENABLED=0 GO111MODULE=off go build -o app-go app.go');
    expect(readElf(await readFile(join(folder, 'app-go'))).kind).toBe('static');
    expect(shell(`${process.execPath} ${MAIN} doctor app-go`)).toContain('would start');
  });

  it('of Rust are dynamic, and static-pie where they are asked to be', async () => {
    await writeFile(join(folder, 'app.rs'), 'fn main() { println!("hello") }\n');
    shell('rustc app.rs -o app-rust && rustc -C target-feature=+crt-static app.rs -o app-static');
    expect(readElf(await readFile(join(folder, 'app-rust'))).kind).toBe('dynamic');
    expect(readElf(await readFile(join(folder, 'app-static'))).kind).toBe('static-pie');
  });
});

describeWith([], 'programs of another architecture, from signed packages', () => {
  const scratch = (line: string) =>
    shell(`${process.execPath} ${MAIN} scratch ${line} --from bookworm --quiet`);
  const doctor = (target: string) => shell(`${process.execPath} ${MAIN} doctor ${target} --json`);

  it('are put into an image for it', async () => {
    scratch('oci:busybox --arch arm64 --include busybox-static --entrypoint [\\"/bin/busybox\\"]');
    expect(JSON.parse(doctor('oci:busybox'))).toMatchObject({ arch: 'arm64', starts: true });
    await writeFile(join(folder, 'arm64'), await fileOf('oci:busybox', 'usr/bin/busybox'));
    const program = readProgram(await readFile(join(folder, 'arm64')), 'arm64');
    expect(program).toMatchObject({ kind: 'elf', arch: 'arm64', elf: { kind: 'static' } });
  });

  it('get its libraries, which this machine does not have', async () => {
    scratch('oci:whole --arch arm64 --include hello --entrypoint [\\"/usr/bin/hello\\"]');
    await writeFile(join(folder, 'hello'), await fileOf('oci:whole', 'usr/bin/hello'));
    scratch('hello oci:with --with-libs');
    expect(JSON.parse(doctor('oci:with'))).toMatchObject({ arch: 'arm64', starts: true, findings: [] });
    const lock = JSON.parse(await readFile(join(folder, 'with.lock.json'), 'utf8'));
    expect(lock.packages.map(({ name }: { name: string }) => name)).toEqual(['libc6']);
  });
});

describeWith(['gcc'], 'a scratch image with a lock', () => {
  it('is the same again, and gets the packages of the lock where programs are others', async () => {
    await writeFile(join(folder, 'app.c'), SOURCE);
    shell('gcc app.c -o again && gcc -O2 app.c -o other');
    const options = '--with-libs --from bookworm --ca --tz --add app.c:/src/';
    const scratch = (line: string) => shell(`${process.execPath} ${MAIN} scratch ${line} --quiet`);
    const first = scratch(`again oci:first ${options}`);
    expect(scratch(`again oci:second ${options} --lock first.lock.json --offline`)).toBe(first);
    scratch(`other:/again oci:third --with-libs --from bookworm --ca --lock first.lock.json --offline`);
    const packagesOf = async (name: string) =>
      JSON.parse(await readFile(join(folder, `${name}.lock.json`), 'utf8')).packages;
    const [before, after] = [await packagesOf('first'), await packagesOf('third')];
    expect(before).toEqual(expect.arrayContaining(after));
    expect(after).toHaveLength(before.length - 1);
  });
});

describeWith([ALPINE], 'packages of Alpine', () => {
  const mirror = `file://${sharedPath(ALPINE)}/alpine`;
  const key = `${sharedPath(ALPINE)}/keys/mkbase-test-a@example.invalid-0a0a0a0a.rsa.pub`;
  const origin = `--from alpine:3.20 --mirror ${mirror} --components main,synthetic --keyring ${key} --cache-dir cache`;

  it('bring a script its shell', async () => {
    await writeFile(join(folder, 'script'), '#!/bin/sh\necho hello\n');
    const options = `${origin} --include busybox,busybox-binsh --ca --sbom cyclonedx --arch amd64`;
    shell(`${process.execPath} ${MAIN} scratch script oci:alpine ${options} --quiet`);
    expect(shell(`${process.execPath} ${MAIN} doctor oci:alpine`)).toContain('would start');
    const database = (await fileOf('oci:alpine', 'lib/apk/db/installed')).toString();
    expect([...database.matchAll(/^P:(.*)$/gm)].map((match) => match[1])).toEqual([
      ...['busybox', 'busybox-binsh', 'ca-certificates-bundle', 'musl'],
    ]);
    const faults = await cyclonedxFaults();
    expect(faults(JSON.parse(await readFile(join(folder, 'alpine.cdx.json'), 'utf8')))).toBeNull();
  });

  it('bring a program of musl its libraries', async () => {
    const scratch = (line: string) => shell(`${process.execPath} ${MAIN} scratch ${line} ${origin} --quiet`);
    scratch('oci:tools --arch amd64 --include apk-tools');
    await writeFile(join(folder, 'apk'), await fileOf('oci:tools', 'sbin/apk'));
    scratch('apk oci:musl --with-libs');
    expect(shell(`${process.execPath} ${MAIN} doctor oci:musl`)).toContain('would start');
    const lock = JSON.parse(await readFile(join(folder, 'musl.lock.json'), 'utf8'));
    const names = lock.packages.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['apk-tools', 'libcrypto3', 'libssl3', 'musl', 'zlib']);
  });
});

async function fileOf(source: string, path: string): Promise<Buffer> {
  const { env } = process;
  const opened = await openImage(await parseImageSource(source, folder), {
    env,
    signal: new AbortController().signal,
  });
  const flat = await flatten(opened.image as Image);
  const bytes = Buffer.concat([...flat.pieces(path)]);
  await flat.close();
  await opened.close();
  return bytes;
}

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

  it.for([
    ['a static program', './static'],
    ["a dynamic one with this machine's libraries", './dynamic --with-libs'],
    ['a dynamic one with those of signed packages', './dynamic --with-libs --from bookworm'],
    ['a dynamic one with those of a later suite', './dynamic --with-libs --from trixie'],
  ] as const)('starts %s, as nonroot', ([, options], { skip }) => {
    // A mirror in the midst of an update has an index and its files of two moments.
    const started = orTorn(() => run(options, 'app:nonroot'));
    if (started === null) skip('the mirror is being updated');
    expect(started).toMatch(/^nonroot \/home\/nonroot /);
    expect(run(`${options} --user 1000`, 'app:user')).toMatch(/^user \/home\/user /);
  });
});

function orTorn(act: () => string): string | null {
  try {
    return act();
  } catch (error) {
    if (String(error).includes('the mirror is probably being updated')) return null;
    throw error;
  }
}
