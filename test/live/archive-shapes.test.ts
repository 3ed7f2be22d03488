import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { ASKED, makeKey, SHAPES, type Shape, writePackages } from './archive-shapes.ts';
import { describeWith, has } from './needs.ts';
import { MAIN, run } from './run.ts';

describeWith(['root', 'apt-get', 'apt-ftparchive', 'gpg'], 'an archive beside apt', () => {
  let folder: string;
  let server: TestServer;
  let key: Awaited<ReturnType<typeof makeKey>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-shapes-'));
    await chmod(folder, 0o755);
    await writePackages(join(folder, 'debs'));
    key = await makeKey(join(folder, 'gpg'));
    server = await startServer(folder);
  });
  afterAll(async () => {
    await server?.close();
    await run('gpgconf', ['--homedir', join(folder, 'gpg'), '--kill', 'all']);
    await rm(folder, { recursive: true, force: true });
  });

  for (const shape of SHAPES) {
    const missing = (shape.needs ?? []).filter((program) => !has(program));
    const name = missing.length === 0 ? shape.name : `${shape.name} (no ${missing.join(', ')})`;
    describe.skipIf(missing.length > 0)(name, () => {
      it(EXPECTED[shape.refusedBy ?? 'none'], () => compare(shape));
    });
  }

  async function compare(shape: Shape): Promise<void> {
    const name = `shape-${SHAPES.indexOf(shape)}`;
    const archive = join(folder, name);
    await mkdir(archive);
    const environment = [`DEBS=${folder}/debs`, `KEY=${key.fingerprint}`, `GNUPGHOME=${folder}/gpg`];
    const sh = (script: string) =>
      run('env', [...environment, 'sh', '-euc', `cd '${archive}'; exec 2>'${archive}.log'; ${script}`]);
    await shape.make({ folder, archive, sh });
    const options = shape.options ?? `signed-by=${key.keyring}`;
    const line = `deb [${options}] ${server.url}/${name} ${shape.place ?? 'stable main'}`;
    const [theirs, ours] = await Promise.all([aptOf(name, line, shape), mkbaseOf(name, line, shape)]);
    const refusals = { apt: 'refused' in theirs, mkbase: 'refused' in ours };
    const { refusedBy = 'none' } = shape;
    expect(refusals, JSON.stringify({ theirs, ours })).toEqual({
      apt: refusedBy !== 'none',
      mkbase: refusedBy === 'both',
    });
    if (refusedBy === 'none') expect(ours).toEqual(theirs);
  }

  /** The files that apt downloads into a root of its own. */
  async function aptOf(
    name: string,
    line: string,
    { asked = ASKED, hash = 'sha256' }: Shape,
  ): Promise<Outcome> {
    const root = join(folder, `${name}-apt`);
    for (const path of [
      'etc/apt.conf.d',
      'etc/preferences.d',
      'etc/sources.list.d',
      'state/lists/partial',
      'cache/archives/partial',
    ]) {
      await mkdir(join(root, path), { recursive: true });
    }
    await writeFile(join(root, 'status'), '');
    await writeFile(join(root, 'etc/sources.list'), `${line}\n`);
    const settings = {
      ...{ 'Dir::Etc': `${root}/etc`, 'Dir::State': `${root}/state`, 'Dir::Cache': `${root}/cache` },
      ...{ 'Dir::State::status': `${root}/status`, 'APT::Architecture': 'amd64' },
      ...{ 'APT::Architectures': 'amd64', 'APT::Sandbox::User': 'root', 'Dir::Etc::trusted': '/dev/null' },
      ...{ 'Dir::Etc::trustedparts': '/dev/null', 'Acquire::Languages': 'none' },
      ...{ 'Debug::NoLocking': 'yes', 'APT::Install-Recommends': 'no' },
    };
    const conf = Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`);
    await writeFile(join(root, 'apt.conf'), conf.join(''));
    const apt = (...args: readonly string[]) =>
      run('env', [`APT_CONFIG=${root}/apt.conf`, 'apt-get', ...args]);
    try {
      await apt('update', '--quiet');
      await apt('install', '--yes', '--quiet', '--download-only', ...asked);
    } catch (error) {
      return { refused: String(error) };
    }
    const archives = join(root, 'cache/archives');
    const files = (await readdir(archives)).filter((file) => file.endsWith('.deb'));
    const contents = await Promise.all(files.map((file) => readFile(join(archives, file))));
    return contents.map((bytes) => `${hash}:${createHash(hash).update(bytes).digest('hex')}`).sort();
  }

  /** The files of mkbase's lock that it has fetched. */
  async function mkbaseOf(name: string, line: string, { asked = ASKED }: Shape): Promise<Outcome> {
    const lock = join(folder, `${name}.lock`);
    const args = ['--variant=custom', '--arch=amd64', '--scripts=skip', '--mode=none', '--quiet'];
    const files = [
      `--cache-dir=${folder}/${name}-cache`,
      '--allow-trusted',
      `--lock-out=${lock}`,
      join(folder, `${name}.tar`),
    ];
    try {
      await run(process.execPath, [
        MAIN,
        ...args,
        `--include=${asked.join(',')}`,
        'bookworm',
        ...files,
        line,
      ]);
    } catch (error) {
      return { refused: String(error) };
    }
    const { packages } = JSON.parse(await readFile(lock, 'utf8'));
    return packages.map(({ digest }: { digest: string }) => digest).sort();
  }
});

/** The digests of packages in order, or why there are none. */
type Outcome = readonly string[] | { readonly refused: string };

const EXPECTED = {
  none: 'gives the same packages',
  both: 'is refused by both',
  apt: 'is passed over by apt alone',
};
