/** The real apk 2.14.4, out of its own package, is asked what the golden files say, and for closures on real indexes. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MkbaseError } from '../../src/errors.ts';
import { openIndex } from '../../src/families/apk/archive/index-archive.ts';
import { readApkKey } from '../../src/families/apk/archive/signature.ts';
import { readApk } from '../../src/families/apk/package/apk-file.ts';
import type { ApkPackage } from '../../src/families/apk/package/apk-package.ts';
import { solveCase, solverCases, solveTexts } from '../families/apk/solver-cases.ts';
import { buildTar } from '../support/tar.ts';
import { describeWith, sharedPath } from './needs.ts';

const MIRROR = '../shared/data/alpine-mirror';
const INDEXES = '../shared/data/alpine-index';
const NEEDED = /^(apk-tools|libcrypto3|libssl3|musl|zlib)-\d/;

let root = '';

interface Answer {
  /** `name-version`, with `@tag`; null: refused. */
  readonly installed: readonly string[] | null;
  readonly output: string;
}

interface Asked {
  readonly arch: string;
  /** Below the root. */
  readonly repositories: readonly { readonly tag: string | null; readonly path: string }[];
  readonly world: readonly string[];
}

function askApk({ arch, repositories, world }: Asked): Answer {
  const lines = repositories.map(({ tag, path }) => `${tag === null ? '' : `@${tag} `}${path}\n`);
  writeFileSync(join(root, 'repositories'), lines.join(''));
  const options = `--root /new-${arch} --arch ${arch} --allow-untrusted --repositories-file /repositories`;
  const run = apk(`${options} --no-network --no-cache --no-progress --simulate add --`, world);
  const installed = [...run.stdout.matchAll(/^\(\d+\/\d+\) Installing ([^\s@]+)(@\S+)? \((\S+)\)/gm)].map(
    ([, name, tag = '', version]) => `${name}-${version}${tag}`,
  );
  return { installed: run.status === 0 ? installed : null, output: run.stdout + run.stderr };
}

function apk(options: string, more: readonly string[]) {
  return spawnSync('chroot', [root, '/sbin/apk', ...options.split(' '), ...more], { encoding: 'utf8' });
}

/** Words of a refusal, without the heading, the note and the tags, which apk 2 does not tell. */
function wordsOf(text: string): readonly string[] {
  const note = /note: please select one of the 'provided by'\s+packages explicitly/g;
  const bare = text.replace('ERROR: unable to select packages:', '').replace(note, '');
  return bare
    .replace(/(world\[[^\]]*?)@\w+/g, '$1')
    .split(/\s+/)
    .filter(Boolean);
}

describeWith(['root', MIRROR, INDEXES], 'the real apk', () => {
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'mkbase-apk-'));
    const folder = join(sharedPath(MIRROR), 'alpine/v3.20/main/x86_64');
    for (const file of readdirSync(folder).filter((name) => NEEDED.test(name))) {
      const { entries } = await readApk(readFileSync(join(folder, file)));
      for (const entry of entries) {
        const path = join(root, entry.path);
        mkdirSync(dirname(path), { recursive: true });
        if (entry.type === 'file') writeFileSync(path, entry.body, { mode: entry.mode });
        if (entry.type === 'symlink') spawnSync('ln', ['-s', entry.link, path]);
      }
    }
    for (const arch of ['x86_64', 'aarch64']) {
      apk(`--root /new-${arch} --arch ${arch} --initdb --no-network --no-cache add`, []);
    }
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('orders versions as the golden file says', () => {
    const lines = readFileSync(new URL('../golden/apk-versions.txt', import.meta.url), 'utf8').split('\n');
    const rows = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(' '));
    for (const [a = '', sign, b = '', otherwise = sign] of rows) {
      expect([a, apk('version -t', [a, b]).stdout.trim(), b]).toEqual([a, otherwise, b]);
    }
  });

  test('solves the golden worlds as the golden file says', () => {
    for (const { title, world, repositories, installed, refusal } of solverCases()) {
      const placed = repositories.map(({ tag, index }, at) => {
        const content = gzipSync(buildTar([{ path: 'DESCRIPTION' }, { path: 'APKINDEX', content: index }]));
        mkdirSync(join(root, `repo${at}/x86_64`), { recursive: true });
        writeFileSync(join(root, `repo${at}/x86_64/APKINDEX.tar.gz`), content);
        return { tag, path: `/repo${at}` };
      });
      const answer = askApk({ arch: 'x86_64', repositories: placed, world });
      expect([title, answer.installed]).toEqual([title, installed]);
      if (installed === null) expect(wordsOf(answer.output)).toEqual(wordsOf(refusal.join('\n')));
    }
    expect(solverCases().map(solvedOrRefused)).toEqual(solverCases().map(({ installed }) => installed));
  });

  test.each([
    ['v3.16', 'x86_64', '6165ee59', ['busybox']],
    ['v3.17', 'aarch64', '616ae350', []],
  ] as const)(
    'closes 120 random sets of %s for %s with the same packages in the same order',
    (branch, arch, id, always) => {
      const folder = join(sharedPath(INDEXES), `${branch}-main`, arch);
      cpSync(folder, join(root, branch, arch), { recursive: true });
      const bytes = readFileSync(join(folder, 'APKINDEX.tar.gz'));
      const name = `alpine-devel@lists.alpinelinux.org-${id}.rsa.pub`;
      const key = readApkKey({
        name,
        bytes: readFileSync(new URL(`../../recipes/keys/${name}`, import.meta.url)),
      });
      const { packages } = openIndex(bytes, { what: branch, keys: [key] });
      const repositories = [{ tag: null, path: `/${branch}` }];
      for (const world of randomWorlds(packages, 120)) {
        const asked = [...world, ...always];
        const answer = askApk({ arch, repositories, world: asked });
        expect([asked, solvedOrRefused({ world: asked, packages })]).toEqual([asked, answer.installed]);
      }
    },
  );
});

function solvedOrRefused(
  given: { readonly world: readonly string[] } & (
    | { packages: readonly ApkPackage[] }
    | Parameters<typeof solveCase>[0]
  ),
): readonly string[] | null {
  try {
    return 'packages' in given
      ? solveTexts([{ tag: null, packages: given.packages }], given.world)
      : solveCase(given);
  } catch (error) {
    if (error instanceof MkbaseError) return null;
    throw error;
  }
}

/** The same ones each time: names, provided names and versions of the index, and what triggers many. */
function* randomWorlds(packages: readonly ApkPackage[], count: number): Iterable<readonly string[]> {
  let state = 20_260_101;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
  const triggering = ['docs', 'bash-completion', 'openrc', 'fish', 'zsh', 'alpine-base'];
  for (let made = 0; made < count; made++) {
    const world = new Set<string>();
    for (let left = 1 + random(6); left > 0; left--) {
      const { name, version, provides } = packages[random(packages.length)]!;
      const kind = random(10);
      if (kind < 6) world.add(name);
      else if (kind === 6) world.add(triggering[random(triggering.length)]!);
      else if (kind === 7) world.add(provides[random(provides.length)]?.name ?? name);
      else if (kind === 8) world.add(`${name}${['=', '>=', '<=', '~', '>', '<'][random(6)]}${version}`);
      else world.add(random(2) === 0 ? `!${name}` : name);
    }
    yield [...world];
  }
}
