import { type SpawnSyncOptionsWithStringEncoding, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { helpText } from '../../src/cli/help.ts';

const MAIN = fileURLToPath(new URL('../../dist/bundles/mkbase.cjs', import.meta.url));

function mkbase(args: readonly string[], options: Partial<SpawnSyncOptionsWithStringEncoding> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    ...options,
  });
  return { status, stdout, stderr };
}

describe('mkbase', () => {
  it.each([['--help'], ['-h'], ['bookworm', 'x', '--help'], ['-vh']])('answers %s', (...args) => {
    expect(mkbase(args)).toEqual({ status: 0, stdout: helpText(), stderr: '' });
  });

  it.each([
    ['list', '-h'],
    ['rm', '--help'],
    ['--help', 'list'],
  ])('answers %s %s for the command alone', (...args) => {
    const { stdout, status } = mkbase(args);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: mkbase (list|rm)/);
    expect(stdout).not.toContain('--arch');
  });

  it('takes --help after `--` for an operand', () => {
    expect(mkbase(['--', '--help'])).toMatchObject({ status: 2, stdout: '' });
  });

  it('answers --version', () => {
    expect(mkbase(['--version'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^mkbase \d+\.\d+\.\d+\n$/),
    });
  });

  it.each(['--help', 'list'])('answers %s from its one file alone', async (asked) => {
    const directory = await mkdtemp(join(tmpdir(), 'mkbase-answer-'));
    const env = { ...process.env, NODE_V8_COVERAGE: join(directory, 'coverage'), XDG_CONFIG_HOME: directory };
    mkbase([asked], { env });
    const [report] = await readdir(env.NODE_V8_COVERAGE);
    const coverage = JSON.parse(await readFile(join(env.NODE_V8_COVERAGE, report!), 'utf8')) as {
      result: { url: string }[];
    };
    await rm(directory, { recursive: true });
    const loaded = coverage.result.map(({ url }) => url).filter((url) => url.startsWith('file:'));
    expect(loaded).toEqual([pathToFileURL(MAIN).href]);
  });

  it.each([['--help'], ['--version'], ['list'], ['list', '--json']])(
    'reports that nothing takes what %s prints',
    (...args) => {
      const full = openSync('/dev/full', 'w');
      const { status, stderr } = mkbase(args, { stdio: ['ignore', full, 'pipe'] });
      closeSync(full);
      expect(status).toBe(9);
      expect(stderr).toMatch(/^(error: |\{"type":"error",.*)cannot write: no space left/);
    },
  );

  it.each([[[]], [['--json']]])(
    'lists the same with a recipe of the user and without one %s',
    async (options) => {
      const config = await mkdtemp(join(tmpdir(), 'mkbase-answer-'));
      const env = { ...process.env, XDG_CONFIG_HOME: config };
      const alone = mkbase(['list', ...options], { env });
      await mkdir(join(config, 'mkbase/recipes'), { recursive: true });
      await writeFile(join(config, 'mkbase/recipes/part.yaml'), 'like: debian:sid\n');
      expect(mkbase(['list', ...options], { env })).toEqual(alone);
      await rm(config, { recursive: true });
    },
  );

  it('asks for what is missing, on standard error, with status 2', () => {
    const { status, stdout, stderr } = mkbase([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      'error: SUITE is missing\n\nhint: the form is `mkbase SUITE TARGET [MIRROR]...`; see `mkbase --help`\n',
    );
  });

  it('prints an error as one line of JSON, where the events go', () => {
    const { status, stdout, stderr } = mkbase(['sid', '/', '--json']);
    expect({ status, stderr }).toEqual({ status: 9, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ type: 'error', code: 'target/root', exitStatus: 9 });
    const other = mkbase(['sid', '--simulate', '--json', '--lock', '/nowhere']);
    expect(other.stdout).toBe('');
    expect(JSON.parse(other.stderr)).toMatchObject({ type: 'error', code: 'usage/unreadable-file' });
  });

  it('never prints a stack trace', () => {
    for (const args of [[], ['sid', '/'], ['nosuch', 'x', '-v'], ['rm', '/proc'], ['completion', 'fish']]) {
      expect(mkbase(args, { cwd: tmpdir() }).stderr).not.toMatch(/^ {4}at /m);
    }
  });

  it('says so when the reader of its output has gone', async () => {
    const child = spawn('bash', [
      '-c',
      `"${process.execPath}" "${MAIN}" list | sleep 0; echo \${PIPESTATUS[0]}`,
    ]);
    const [stdout, stderr] = [[] as Buffer[], [] as Buffer[]];
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    await once(child, 'close');
    expect(Buffer.concat(stderr).toString()).not.toMatch(/^ {4}at /m);
    expect(Buffer.concat(stdout).toString()).toMatch(/^[09]\n$/);
  });
});

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends the job with status %i', async (signal, status) => {
    // A mirror that takes the request and never answers keeps the job in its first phase.
    const mirror = createServer();
    mirror.listen(0, '127.0.0.1');
    await once(mirror, 'listening');
    const address = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/debian`;
    const cache = await mkdtemp(join(tmpdir(), 'mkbase-signal-'));
    const args = ['bookworm', '--simulate', '--json', `--mirror=${address}`, `--cache-dir=${cache}`];
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    await Promise.race([once(mirror, 'request'), once(child, 'close')]);
    child.kill(signal);
    const [code] = child.exitCode === null ? await once(child, 'close') : [child.exitCode];
    mirror.closeAllConnections();
    mirror.close();
    await rm(cache, { recursive: true });
    expect(code).toBe(status);
    const last = stderr.trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({
      code: `interrupted/${signal.toLowerCase()}`,
      exitStatus: status,
    });
  });
});
