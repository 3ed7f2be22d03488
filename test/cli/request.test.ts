import { createHash } from 'node:crypto';
import { chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { checkFamily } from '../../src/cli/family-options.ts';
import { ignoredBesideLock, jobFrom } from '../../src/cli/request.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { findRecipe } from '../../src/recipe/recipes.ts';

const NOW = new Date('2025-06-01T00:00:00Z');
let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'mkbase-request-'));
  await writeFile(join(cwd, 'keys.asc'), 'KEY');
  await writeFile(join(cwd, 'answers'), 'tzdata tzdata/Areas select Europe\n');
});
afterAll(() => rm(cwd, { recursive: true }));

const jobOf = (line: string, env: Record<string, string> = { HOME: '/home/u' }) =>
  jobFrom(parseArguments(line.split(' ')), {
    env,
    cwd,
    stdin: async () => 'deb http://m/debian bookworm main\n',
    now: NOW,
    processors: 4,
    locks: [],
    signal: new AbortController().signal,
  });

describe('jobFrom', () => {
  it('completes a request without options', async () => {
    expect(await jobOf('bookworm out')).toEqual({
      suite: 'bookworm',
      recipe: expect.objectContaining({ name: 'debian:bookworm' }),
      arch: null,
      variant: 'minbase',
      include: [],
      localPackages: [],
      fromHost: false,
      exclude: [],
      components: [],
      pockets: [],
      mirror: null,
      sources: [],
      sourcesOnly: false,
      pins: [],
      snapshot: null,
      tls: { certificate: null, privateKey: null, authorities: null },
      keyrings: [],
      checksOff: [],
      checkPackages: false,
      maxAge: null,
      now: NOW,
      recommends: false,
      mergedUsr: null,
      solver: null,
      preferences: true,
      cacheDir: '/home/u/.cache/mkbase',
      stateDir: '/home/u/.local/state/mkbase',
      cacheSize: 10 * 2 ** 30,
      offline: false,
      mode: 'auto',
      scripts: 'run',
      scriptTimeout: 7200,
      debconfSelections: null,
      additions: null,
      added: [],
      hooks: [],
      accounts: [],
      dockerSettings: false,
      statusDirectory: false,
      keepSecrets: false,
      settings: { env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], cmd: ['bash'] },
      annotations: {},
      created: null,
      epoch: null,
      format: 'oci',
      compression: 'gzip',
      pathRules: [],
      lock: null,
      sbom: [],
      lockOut: null,
      jobs: 4,
      cacheResults: true,
    });
  });

  it.each([
    ['--arch arm64', { arch: 'arm64' }],
    ['--arch=x86_64', { arch: 'amd64' }],
    ['--variant buildd', { variant: 'buildd' }],
    ['--variant -', { variant: 'important' }],
    ['--variant required', { variant: 'minbase' }],
    ['--variant custom --include hello', { variant: 'custom', include: ['hello'] }],
    ['--include libc++1,g++ --exclude e2fsprogs', { include: ['libc++1', 'g++'], exclude: ['e2fsprogs'] }],
    ['--include aa=1:2.0~x,bb/sid --include cc:amd64', { include: ['aa=1:2.0~x', 'bb/sid', 'cc:amd64'] }],
    ['--include aa=1.*,ssh-server^', { include: ['aa=1.*', 'ssh-server^'] }],
    [
      '--pin sid=100,experimental=-1',
      {
        pins: [
          { suite: 'sid', priority: 100 },
          { suite: 'experimental', priority: -1 },
        ],
      },
    ],
    ['--snapshot 20240131T120000Z', { snapshot: new Date('2024-01-31T12:00:00Z') }],
    ['--snapshot 2024-01-31', { snapshot: new Date('2024-01-31T00:00:00Z') }],
    ['--allow-trusted', { checksOff: ['trusted'] }],
    ['-', { mirror: null, sourcesOnly: true, sources: [{ text: 'deb http://m/debian bookworm main\n' }] }],
    ['--components main,contrib,non-free-firmware', { components: ['main', 'contrib', 'non-free-firmware'] }],
    ['--pockets release,security', { pockets: ['release', 'security'] }],
    ['http://mirror.example/debian/', { mirror: 'http://mirror.example/debian' }],
    ['--mirror https://u:p@mirror.example', { mirror: 'https://u:p@mirror.example' }],
    ['http://m.example/d --mirror=http://m.example/d', { mirror: 'http://m.example/d' }],
    ['--no-check-gpg --no-check-date', { checksOff: ['signature', 'date'] }],
    [
      '--no-check-sig --no-check-valid-until --no-check-date --no-check-suite --no-check-rollback',
      { checksOff: ['signature', 'valid-until', 'date', 'suite', 'rollback'] },
    ],
    ['--max-age 7d', { maxAge: 604_800 }],
    ['--max-age 36h', { maxAge: 129_600 }],
    ['--max-age 2w', { maxAge: 1_209_600 }],
    ['--debug-now 2024-02-29', { now: new Date('2024-02-29T00:00:00Z') }],
    ['--debug-now 2024-02-29T12:30:00+02:00', { now: new Date('2024-02-29T10:30:00Z') }],
    ['--force-check-gpg --resolve-deps', {}],
    ['--merged-usr', { mergedUsr: true }],
    ['--recommends --solver 3 --no-preferences', { recommends: true, solver: '3', preferences: false }],
    ['--script-timeout=none', { scriptTimeout: null }],
    ['--script-timeout=90s', { scriptTimeout: 90 }],
    ['--mode none', { mode: 'none', scripts: 'skip' }],
    ['--mode=unshare --scripts=skip', { mode: 'unshare', scripts: 'skip' }],
    ['--exclude-path=/usr/share/doc/*', { pathRules: ['path-exclude=/usr/share/doc/*'] }],
    ['--exclude-path=*.pyc', { pathRules: ['path-exclude=*.pyc'] }],
    ['--jobs 2 --offline', { jobs: 2, offline: true }],
    ['--no-cache-results', { cacheResults: false }],
    ['--cache-dir /c', { cacheDir: '/c' }],
  ])('reads %s', async (options, expected) => {
    expect(await jobOf(`sid out ${options}`)).toMatchObject(expected);
  });

  it('resolves names of files from the working directory and reads the answers for debconf', async () => {
    const job = await jobOf(
      'sid out --keyring keys.asc --lock answers --lock-out l.json --cache-dir c --debconf-selections answers',
    );
    expect(job).toMatchObject({
      keyrings: [join(cwd, 'keys.asc')],
      lockOut: join(cwd, 'l.json'),
      cacheDir: join(cwd, 'c'),
      debconfSelections: 'tzdata tzdata/Areas select Europe\n',
    });
  });

  it('takes `-` for no lock', async () => {
    expect(await jobOf('sid out --lock-out -')).toMatchObject({ lockOut: false });
  });

  it('takes a package file as one word, whatever is in its name', async () => {
    await writeFile(join(cwd, 'a, b.deb'), '');
    const parsed = parseArguments(['sid', 'out', '--include=hello', '--include=./a, b.deb']);
    const around = { locks: [], signal: new AbortController().signal };
    const job = await jobFrom(parsed, {
      ...around,
      env: {},
      cwd,
      stdin: async () => '',
      now: NOW,
      processors: 1,
    });
    expect(job).toMatchObject({ include: ['hello'], localPackages: [join(cwd, 'a, b.deb')] });
    const { flags } = parseArguments(['sid', 'out', '--lock=l', '--include=./a.deb']);
    expect(ignoredBesideLock(flags)).toEqual([]);
  });

  it.each([
    [{ XDG_CACHE_HOME: '/x', HOME: '/home/u' }, '/x/mkbase'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/home/u' }, '/home/u/.cache/mkbase'],
    [{ XDG_CACHE_HOME: '', HOME: '/home/u' }, '/home/u/.cache/mkbase'],
  ])('keeps the cache, with %j, in %s', async (env, cacheDir) => {
    expect(await jobOf('sid out', env)).toMatchObject({ cacheDir });
  });

  it.skipIf(process.getuid?.() !== 0)('keeps root’s cache apart from that of who called sudo', async () => {
    const home = join(cwd, 'home');
    await mkdir(home);
    await chown(home, 1000, 1000);
    const own = join(userInfo().homedir, '.cache/mkbase');
    expect(await jobOf('sid out', { HOME: home })).toMatchObject({ cacheDir: own });
    expect(await jobOf('sid out', { XDG_CACHE_HOME: home })).toMatchObject({ cacheDir: own });
    const state = join(userInfo().homedir, '.local/state/mkbase');
    expect(await jobOf('sid out', { HOME: home })).toMatchObject({ stateDir: state });
    expect(await jobOf('sid out', { XDG_STATE_HOME: home })).toMatchObject({ stateDir: state });
    // Root of a user namespace may not look everywhere; a link to itself lets nobody look.
    const closed = join(cwd, 'closed');
    await symlink('closed', closed);
    expect(await jobOf('sid out', { XDG_STATE_HOME: closed })).toMatchObject({ stateDir: state });
    const given = await jobOf(`sid out --cache-dir=${home}`, { HOME: home });
    expect(given).toMatchObject({ cacheDir: home });
  });

  it.each([
    [
      '--variant miniase',
      'usage/bad-value',
      'did you mean `minbase`? `--variant` takes minbase, essential, apt,',
    ],
    ['--arch amd46', 'usage/unknown-architecture', 'did you mean `amd64`'],
    ['--arch sparc64', 'usage/unknown-architecture', 'it has amd64, arm64'],
    ['--arch AMD_64', 'usage/bad-value', 'name one as its distribution does'],
    ['--mode fakeroot', 'usage/bad-value', '`--mode` takes auto, root, unshare, none'],
    ['--scripts=no', 'usage/bad-value', '`--scripts` takes run, skip'],
    ['--solver aspcud', 'usage/bad-value', '`--solver` takes apt, 3'],
    ['--include=Foo', 'usage/bad-value', 'as the archive does'],
    ['--include=a=1=2', 'usage/bad-value', 'as the archive does'],
    ['--no-merged-usr', 'usage/merged-usr', 'leave `--no-merged-usr` out'],
    ['--merged-usr --no-merged-usr', 'usage/conflict', 'give one of them'],
    ['--force-check-gpg --no-check-sig', 'usage/conflict', 'give one of them'],
    ['--include=^lib.*$', 'usage/bad-value', 'regular expressions and patterns of apt are not taken'],
    ['--include=?essential', 'usage/bad-value', 'regular expressions and patterns of apt are not taken'],
    ['--include=./none.deb', 'usage/unreadable-file', '`--include` takes the name of a file'],
    ['--snapshot 2024-02-30T99', 'usage/bad-value', '2025-01-31'],
    ['--snapshot 2031-01-01', 'usage/bad-value', 'the past'],
    ['--pin sid', 'usage/bad-value', '`sid=100`'],
    ['--exclude=../x', 'usage/bad-value', 'as the archive does'],
    ['--components=../x', 'usage/bad-value', 'between commas'],
    ['--max-age 7', 'usage/bad-value', 'a unit'],
    ['--max-age 0d', 'usage/bad-value', 'a unit'],
    ['--debug-now yesterday', 'usage/bad-value', '2025-01-31T12:00:00Z'],
    ['--debug-now 2024-01-01T00:00:00', 'usage/bad-value', '2025-01-31T12:00:00Z'],
    ['--debug-now 2024-13-01', 'usage/bad-value', '2025-01-31T12:00:00Z'],
    ['--jobs 0', 'usage/bad-value', 'from 1'],
    ['--jobs many', 'usage/bad-value', 'from 1'],
    ['--exclude-path usr/share/doc/*', 'usage/bad-value', 'begins with `/`'],
    ['ftp://mirror.example/debian', 'usage/bad-value', 'http://'],
    ['http://m.example/?x', 'usage/bad-value', 'http://'],
    ['http://a.example --mirror http://b.example', 'usage/conflict', 'once'],
    ['--verbose --quiet', 'usage/conflict', 'one of them'],
    ['--mode none --scripts run', 'usage/conflict', 'sandbox'],
    ['--scripts skip --setup-hook true', 'usage/conflict', '`--add`'],
    ['--mode none --customize-hook true', 'usage/conflict', '`--mode=unshare`'],
    ['--variant custom', 'usage/missing-value', '`--include`'],
    ['--keyring none.asc', 'usage/unreadable-file', '`--keyring` takes the name of a file'],
  ])('refuses %s: %s', async (options, code, hint) => {
    await expect(jobOf(`sid out ${options}`)).rejects.toMatchObject({
      code,
      hint: expect.stringContaining(hint),
    });
  });
});

describe('hooks', () => {
  it('are known by what they say, or by what the program holds that they name', async () => {
    const digest = (text: string) => createHash('sha256').update(text).digest('hex');
    await writeFile(join(cwd, 'hook.sh'), '#!/bin/sh\n', { mode: 0o755 });
    const line = 'sid out --customize-hook ./hook.sh --setup-hook true --customize-hook ./keys.asc';
    const { hooks } = await jobOf(line);
    expect(hooks.map(({ phase, text }) => [phase, text])).toEqual([
      ['setup', 'true'],
      ['customize', './hook.sh'],
      ['customize', './keys.asc'],
    ]);
    expect(hooks.map((hook) => hook.digest)).toEqual(['true', '#!/bin/sh\n', './keys.asc'].map(digest));
    expect(hooks.every((hook) => hook.cwd === cwd)).toBe(true);
  });
});

describe('options of apt alone', () => {
  const apk = { ...findRecipe('bookworm'), suite: 'edge', family: 'apk' } as unknown as Recipe;
  const check = (line: string, recipe: Recipe) =>
    checkFamily(parseArguments(`x out ${line}`.trim().split(' ')).flags, recipe);

  it.each(['--recommends', '--pockets release', '--snapshot 2024-01-01', '--pin sid=1'])(
    '%s is refused for another family, and not left out in silence',
    (line) => {
      expect(() => check(line, apk)).toThrow(expect.objectContaining({ code: 'usage/not-for-suite' }));
      expect(() => check(line, findRecipe('bookworm'))).not.toThrow();
      expect(() => check('', apk)).not.toThrow();
    },
  );

  it('are told from those of apk alone', () => {
    expect(() => check('--check-packages', findRecipe('alpine:3.20'))).not.toThrow();
    expect(() => check('--check-packages', findRecipe('bookworm'))).toThrow(
      '`--check-packages` is for Alpine and Wolfi, not for `bookworm`',
    );
  });
});

describe('ignoredBesideLock', () => {
  it('names what a lock has decided already', () => {
    const { flags } = parseArguments(
      'sid out --lock l --variant apt --include a --jobs 2 --recommends'.split(' '),
    );
    expect(ignoredBesideLock(flags)).toEqual(['variant', 'include', 'recommends']);
    expect(ignoredBesideLock({ ...flags, lock: null })).toEqual([]);
  });
});
