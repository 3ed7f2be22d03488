import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requestDefs } from '../../scripts/published-schemas.ts';
import { parseArguments } from '../../src/cli/arguments.ts';
import { jobFrom } from '../../src/cli/request.ts';
import { MkbaseError } from '../../src/errors.ts';
import { familyOf, LOCK_SECTIONS } from '../../src/families/index.ts';
import type { Job } from '../../src/job.ts';
import { makeLock } from '../../src/lock/lock.ts';
import { writeLocks } from '../../src/lock/lock-file.ts';
import { LARGEST_REQUEST, readRequest } from '../../src/pipeline/read-request.ts';
import { requestOf, writeRequest } from '../../src/pipeline/request.ts';
import { jobsOfRequest } from '../../src/pipeline/run-request.ts';
import { BUILT_IN } from '../../src/recipe/built-in.ts';
import { findRecipe, loadRecipe } from '../../src/recipe/recipes.ts';
import { lockOf } from '../support/lock.ts';

const NOW = new Date('2025-06-01T00:00:00Z');
const GOES = { targets: ['/out/base.tar'], tags: [] };
const SCHEMA = JSON.parse(
  readFileSync(new URL('../../docs/request.schema.json', import.meta.url), 'utf8'),
) as { $defs: object };

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-request-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

function jobOf(words: readonly string[], cwd = '/', env: Record<string, string> = {}): Promise<Job> {
  return jobFrom(parseArguments([...words, '--cache-dir=/cache']), {
    env: { HOME: '/home/u', ...env },
    cwd,
    stdin: async () => '',
    now: NOW,
    processors: 4,
    locks: [],
    signal: new AbortController().signal,
  });
}

async function textOf(words: readonly string[], cwd?: string): Promise<string> {
  return writeRequest(await requestOf([await jobOf(words, cwd)], GOES));
}

/** The jobs that another process makes of a text, on the host of `job`. */
async function again(text: string, job: Job): Promise<readonly Job[]> {
  return jobsOfRequest(readRequest(text, 'r.json'), job);
}

/** The text with other values at paths as in `recipe.keys[0].name`; undefined leaves the member out. */
function edited(text: string, changes: Readonly<Record<string, unknown>>): string {
  const request = JSON.parse(text);
  for (const [path, value] of Object.entries(changes)) {
    const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
    const holder = steps.slice(0, -1).reduce((inner, step) => inner[step], request);
    holder[steps.at(-1)!] = value;
  }
  return JSON.stringify(request);
}

function codeOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof MkbaseError) return { code: error.code, message: error.message };
    throw error;
  }
  return 'no error';
}

describe('a request', () => {
  it('gives the job again, with all that it can say', async () => {
    const cwd = await folderWith({
      ...{ 'keys.asc': 'KEY', answers: 'a b string c\n', app: 'app\n', hook: '#!/bin/sh\n' },
      ...{ 'x.deb': 'DEB', 'own.list': 'deb http://own.example/debian own main\n' },
    });
    await chmod(join(cwd, 'hook'), 0o755);
    const job = await jobOf(
      [
        ...['bookworm', 'out', 'http://mirror.example/debian', '--arch=arm64', '--variant=buildd'],
        ...[
          '--include=hello,./x.deb',
          '--exclude=e2fsprogs',
          '--components=main,contrib',
          '--pockets=release',
        ],
        ...[
          '--source=own.list',
          '--source=deb http://two.example/ two main',
          '--snapshot=2024-01-31',
          '--pin=own=7',
        ],
        ...[
          '--keyring=keys.asc',
          '--no-check-date',
          '--max-age=7d',
          '--recommends',
          '--merged-usr',
          '--solver=3',
        ],
        ...[
          '--no-preferences',
          '--script-timeout=90s',
          '--debconf-selections=answers',
          '--customize-hook=./hook',
        ],
        ...['--setup-hook=echo "$1"', '--exclude-path=/usr/share/doc/*', '--add=app:/opt/app:0755:7:8'],
        ...['--account=app:10001', '--docker-settings', '--keep-secrets', '--env=A=b', '--label=c=d'],
        ...[
          '--annotation=a=b',
          '--created=2024-01-01',
          '--format=docker',
          '--compression=zstd',
          '--sbom=spdx',
        ],
        '--lock-out=-',
      ],
      cwd,
      { SOURCE_DATE_EPOCH: '1500' },
    );
    expect(await again(writeRequest(await requestOf([job], GOES)), job)).toEqual([job]);
  });

  it.each(BUILT_IN.map(({ distribution, suite }) => `${distribution}:${suite}`))(
    'holds the recipe of %s to the byte of its keys',
    async (name) => {
      const recipe = await loadRecipe(findRecipe(name));
      const job = { ...(await jobOf(['bookworm', 'out'])), recipe, suite: name, arch: recipe.arches[0]! };
      const [same] = await again(
        writeRequest(await requestOf([{ ...job, variant: familyOf(recipe).variants[0]! }], GOES)),
        job,
      );
      expect(same!.recipe).toEqual(recipe);
    },
  );

  it('is the same text each time, and as the published schema says', async () => {
    const words = ['alpine:3.20', 'out', '--include=jq', '--check-packages', '--user=7'];
    const text = await textOf(words);
    expect(await textOf(words)).toBe(text);
    expect(Object.keys(JSON.parse(text)).slice(0, 4)).toEqual(['version', 'mkbase', 'suite', 'recipe']);
    const validate = new Ajv2020({ strict: false }).compile(SCHEMA);
    expect([validate(JSON.parse(text)), validate.errors]).toEqual([true, null]);
    expect(validate(JSON.parse(edited(text, { 'family.options.solver': '3' })))).toBe(false);
    // `npm run schemas` writes it.
    expect(SCHEMA.$defs).toEqual(JSON.parse(JSON.stringify(requestDefs())));
  });

  it('names the architecture of the host that it was written on, and one for each job', async () => {
    const job = await jobOf(['bookworm', 'out']);
    const host = process.arch === 'x64' ? 'amd64' : process.arch;
    expect((await requestOf([job], GOES)).arches).toEqual([host]);
    const both = ['amd64', 'arm64'].map((arch) => ({ ...job, arch }));
    expect(await again(writeRequest(await requestOf(both, GOES)), job)).toEqual(both);
  });

  it('holds its locks', async () => {
    const lock = makeLock(lockOf({ arch: 'amd64' }), LOCK_SECTIONS.apt!);
    const job = { ...(await jobOf(['bookworm', 'out'])), arch: 'amd64', lock };
    const text = writeRequest(await requestOf([job], GOES));
    const [same] = await again(text, job);
    expect(writeLocks([same!.lock!])).toBe(writeLocks([lock]));
    const changed = edited(text, { 'locks[0].variant': 'other' });
    expect(codeOf(() => readRequest(changed, 'r.json'))).toMatchObject({ code: 'lock/digest-mismatch' });
  });

  it('has nothing of its host: no cache, clock, credentials or isolation', async () => {
    const options = [
      '--mode=unshare',
      '--offline',
      '--jobs=3',
      '--debug-now=2024-01-01',
      '--no-cache-results',
    ];
    expect(await textOf(['bookworm', 'out', ...options])).toBe(await textOf(['bookworm', 'out']));
  });

  it.each([
    ['a mirror', ['http://u:secret@mirror.example/debian']],
    ['a source', ['--source=deb https://u:secret@own.example/debian own main']],
    ['an address', ['--source=https://u:secret@own.example/debian']],
  ])('is not written where %s has a password in it', async (_, words) => {
    const error = await textOf(['bookworm', 'out', ...words]).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'request/has-password' });
    expect(error.message).not.toContain('secret');
  });
});

describe('the files of a request', () => {
  it.each<[string, readonly string[]]>([
    ['x.deb', ['--include=./x.deb']],
    ['keys.asc', ['--keyring=keys.asc']],
    ['app', ['--add=app:/opt/app']],
    ['hook', ['--customize-hook=./hook']],
  ])('must be those that it was written for: %s', async (name, options) => {
    const cwd = await folderWith({ 'x.deb': 'DEB', 'keys.asc': 'KEY', app: 'app', hook: '#!/bin/sh\n' });
    await chmod(join(cwd, 'hook'), 0o755);
    const words = ['bookworm', 'out', ...options];
    const job = await jobOf(words, cwd);
    const text = await textOf(words, cwd);
    await writeFile(join(cwd, name), 'changed');
    await expect(again(text, job)).rejects.toMatchObject({
      code: 'request/changed-file',
      message: expect.stringContaining(name),
    });
  });

  it('must be there', async () => {
    const cwd = await folderWith({ 'x.deb': 'DEB' });
    const words = ['bookworm', 'out', '--include=./x.deb'];
    const job = await jobOf(words, cwd);
    const text = await textOf(words, cwd);
    await rm(join(cwd, 'x.deb'));
    await expect(again(text, job)).rejects.toMatchObject({ code: 'request/unreadable-file' });
  });
});

describe('a request that was edited', () => {
  const digest = '0'.repeat(64);
  const account = { name: 'a', uid: 1, gid: 1, home: '/', shell: '/bin/sh\nroot::0' };
  const added = { source: '/a', destination: '/x/../y', mode: null, uid: 0, gid: 0 };
  const hook = { phase: 'setup', text: 'x', folder: '/', sha256: digest };

  it.each<[path: string, reason: string, changes: Readonly<Record<string, unknown>>]>([
    ['variant', 'is not one of', { variant: 'huge' }],
    ['family.options.solver', 'is not one of', { 'family.options.solver': 'best' }],
    ['family.options.colour', 'is not known', { 'family.options.colour': 'red' }],
    ['family.name', 'is not "apt"', { 'family.name': 'apk' }],
    ['targets', 'is missing', { targets: undefined }],
    ['arches', 'is empty', { arches: [] }],
    ['extra', 'is not known', { extra: 1 }],
    ['recipe.like', 'is not known', { 'recipe.like': 'debian:sid' }],
    ['recipe.pockets', 'is missing', { 'recipe.pockets': undefined }],
    ['recipe.keys[0].path', 'is not known', { 'recipe.keys[0].path': '/etc/x' }],
    ['include[1]', 'names no package', { include: ['hello', '--help'] }],
    ['packages[0].path', 'does not have the form', { packages: [{ path: 'x.deb', sha256: digest }] }],
    ['sources[0].text', 'is missing', { sources: [{ kind: 'list' }] }],
    ['mirror', 'does not have the form', { mirror: 'ftp://m.example' }],
    ['pathRules[0]', 'does not have the form', { pathRules: ['/usr/share/doc/*'] }],
    ['accounts[0].shell', 'does not have the form', { accounts: [account] }],
    ['additions.from[0].destination', 'does not', { additions: { from: [added], sha256: digest } }],
    ['hooks', 'cannot run', { scripts: 'skip', hooks: [hook] }],
  ])('is refused by its %s', async (path, reason, changes) => {
    const text = edited(await textOf(['bookworm', 'out']), changes);
    const error = codeOf(() => readRequest(text, 'r.json'));
    expect(error).toMatchObject({ code: 'request/bad-value' });
    expect((error as Error).message).toMatch(`the request \`r.json\`: \`${path}\` ${reason}`);
  });

  it.each<[code: string, text: (whole: string) => string]>([
    ['request/malformed', (text) => text.slice(0, -9)],
    ['request/malformed', (text) => text.replace('"version"', '"__proto__": { "polluted": 1 }, "version"')],
    ['request/malformed', () => '['.repeat(200_000) + ']'.repeat(200_000)],
    ['request/bad-value', () => '[]'],
    ['request/bad-value', () => 'null'],
    ['request/other-version', (text) => text.replace('"version": 1', '"version": 2')],
    ['request/unknown-family', (text) => text.replace('"family": "apt"', '"family": "rpm"')],
    ['request/too-large', (text) => text + ' '.repeat(LARGEST_REQUEST)],
  ])('is %s', async (code, change) => {
    const text = change(await textOf(['bookworm', 'out']));
    expect(codeOf(() => readRequest(text, 'r.json'))).toMatchObject({ code });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
