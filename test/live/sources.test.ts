import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { buildDeb } from '../support/deb.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

describeWith(
  ['root', 'mmdebstrap'],
  'sources of one’s own, beside mmdebstrap on the same command line',
  () => {
    let folder: string;
    let mirror: Mirror;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'mkbase-live-sources-'));
      // Where apt's own user cannot come, mmdebstrap gives its directories to root.
      await chmod(folder, 0o755);
      mirror = await startLiveMirror();
      await writeFile(join(folder, 'updates.list'), `${line('bookworm-updates')}\n`);
      await writeFile(join(folder, 'security.sources'), stanza('bookworm-security'));
      await writeFile(join(folder, 'stanzas'), `# a comment\n${stanza('bookworm')}`);
    });
    afterAll(async () => {
      await mirror?.close();
      await rm(folder, { recursive: true, force: true });
    });

    const archive = (suite: string) =>
      `${mirror.url}/debian${suite.endsWith('-security') ? '-security' : ''}`;
    const line = (suite: string) => `deb [signed-by=${KEYRING}] ${archive(suite)} ${suite} main`;
    const stanza = (suite: string) =>
      `Types: deb\nURIs: ${archive(suite)}\nSuites: ${suite}\nComponents: main\nSigned-By: ${KEYRING}\n`;

    it.each<[string, () => readonly string[], (() => string)?]>([
      ['lines', () => ['bookworm', 'bookworm-updates', 'bookworm-security'].map(line)],
      [
        'a line and files of both styles',
        () => [line('bookworm'), join(folder, 'updates.list'), join(folder, 'security.sources')],
      ],
      ['a file with stanzas and no extension', () => [join(folder, 'stanzas')]],
      ['lines on standard input', () => ['-'], () => `${line('bookworm')}\n${line('bookworm-updates')}\n`],
      [
        'a line, then stanzas on standard input',
        () => [line('bookworm'), '-'],
        () => stanza('bookworm-updates'),
      ],
    ])('%s: the same packages and the same files in etc/apt', async (name, mirrors, stdin) => {
      const [theirs, ours] = ['theirs', 'ours'].map((whose) =>
        join(folder, `${name}-${whose}`.replaceAll(' ', '-')),
      );
      const input = stdin?.() ?? '';
      const mm = ['--mode=root', '--variant=extract', '--include=hello', '--quiet'];
      await fed('mmdebstrap', [...mm, 'bookworm', theirs!, ...mirrors()], input);
      const mk = ['--variant=custom', '--include=hello', '--scripts=skip', '--quiet'];
      const cache = `--cache-dir=${join(folder, 'cache')}`;
      await fed(process.execPath, [MAIN, ...mk, cache, 'bookworm', ours!, ...mirrors()], input);
      expect(await sourcesOf(ours!)).toEqual(await sourcesOf(theirs!));
      expect(await readdir(join(ours!, 'usr/share/doc'))).toEqual(
        await readdir(join(theirs!, 'usr/share/doc')),
      );
    });

    it('a package file in --include: the same packages, and the same marks of what was drawn in', async () => {
      const file = join(folder, 'local thing.deb');
      await writeFile(file, await buildDeb({ name: 'local-thing', arch: 'all', depends: 'hello (>= 2)' }));
      const [theirs, ours] = [join(folder, 'theirs'), join(folder, 'ours')];
      const asked = ['--variant=apt', '--include=usr-is-merged', `--include=${file}`, '--quiet'];
      const hooks = ['file-mirror-automount', 'maybe-merged-usr'].map(
        (name) => `--hook-dir=/usr/share/mmdebstrap/hooks/${name}`,
      );
      await run('mmdebstrap', ['--mode=root', ...hooks, ...asked, 'bookworm', theirs, line('bookworm')]);
      const cache = `--cache-dir=${join(folder, 'cache')}`;
      await run(process.execPath, [MAIN, ...asked, cache, 'bookworm', ours, line('bookworm')]);
      const packagesOf = (root: string) => run('dpkg-query', [`--admindir=${root}/var/lib/dpkg`, '-W']);
      expect(await packagesOf(ours)).toBe(await packagesOf(theirs));
      expect(await packagesOf(ours)).toContain('local-thing\t1.0');
      const auto = (root: string) => readFile(join(root, 'var/lib/apt/extended_states'), 'utf8');
      for (const root of [ours, theirs]) {
        expect(await auto(root)).toContain('Package: hello\n');
        expect(await auto(root)).not.toContain('Package: local-thing\n');
      }
    });
  },
);

/** Every file of apt's sources, its blank lines aside. */
async function sourcesOf(root: string): Promise<Record<string, string>> {
  const folder = join(root, 'etc/apt');
  await mkdir(join(folder, 'sources.list.d'), { recursive: true });
  const parts = (await readdir(join(folder, 'sources.list.d'))).map((name) => `sources.list.d/${name}`);
  const files = ['sources.list', ...parts.sort()].map(async (name) => {
    const content = await readFile(join(folder, name), 'utf8').catch(() => '');
    return [name, content.replace(/\n{2,}/g, '\n')] as const;
  });
  return Object.fromEntries((await Promise.all(files)).filter(([, content]) => content !== ''));
}

async function fed(program: string, args: readonly string[], input: string): Promise<void> {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8' };
  const child = spawn(program, args, { env, stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.end(input);
  const said = text(child.stderr);
  const status = await new Promise((done) => child.once('close', done));
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${await said}`);
}
