/**
 * Compares the resolver with apt on random requests:
 *
 *   node dist/scripts/compare-resolver.js APT_CONF [COUNT] [SEED] [classic|3]
 *
 * APT_CONF is the configuration of a private apt root whose dpkg status is empty and whose lists are
 * fetched (`APT_CONFIG=APT_CONF apt-get update`). APT_GET names another apt-get to compare with.
 * Prints each request that differs and, at the end, how many are the same.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { openPackagesIndex } from '../src/families/apt/archive/packages-index.ts';
import type { AptSource } from '../src/families/apt/choose/apt-version.ts';
import { openUniverse } from '../src/families/apt/choose/universe.ts';
import { solveGreedily } from '../src/resolve/greedy.ts';
import { solveLikeApt3 } from '../src/resolve/solver3.ts';
import type { Request, Universe } from '../src/resolve/universe.ts';
import { randomNumbers } from './random.ts';

const run = promisify(execFile);
const [config = '', count = '200', seed = '1', solver = 'classic'] = process.argv.slice(2);
const aptGet = (process.env.APT_GET ?? 'apt-get').split(' ');
const parallel = 2;

const universe = openUniverse(await readSources(), { arch: await nativeArch() });
const names = [...new Set(universe.names())];
const random = randomNumbers(Number(seed));
const requests = Array.from({ length: Number(count) }, randomRequest);
let next = 0;
let same = 0;
let milliseconds = 0;
await Promise.all(Array.from({ length: parallel }, work));
console.log(`${same} of ${requests.length} the same, ${(milliseconds / requests.length).toFixed(1)} ms each`);
if (same !== requests.length) process.exitCode = 1;

interface RandomRequest {
  readonly names: readonly string[];
  readonly recommends: boolean;
}

async function work(): Promise<void> {
  for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
    const [theirs, ours] = [await askApt(request), askSolver(universe, request)];
    if (theirs === ours) same++;
    else
      console.log(
        `${request.recommends ? '+' : '-'} ${request.names.join(' ')}: ${difference(theirs, ours)}`,
      );
  }
}

function randomRequest(): RandomRequest {
  const size = 1 + Math.floor(random() * 3);
  const picked = Array.from({ length: size }, () => names[Math.floor(random() * names.length)]!);
  return { names: [...new Set(picked)], recommends: random() < 0.5 };
}

/** `name version` lines, sorted; the empty text where apt refuses. */
async function askApt({ names, recommends }: RandomRequest): Promise<string> {
  const [program = '', ...prefix] = aptGet;
  const options = ['-s', '-o', `APT::Install-Recommends=${recommends}`];
  if (solver === '3') options.push('--solver', '3.0');
  try {
    const { stdout } = await run(program, [...prefix, ...options, 'install', ...names], {
      env: { ...process.env, APT_CONFIG: config, LC_ALL: 'C' },
      maxBuffer: 1 << 26,
    });
    const lines = [...stdout.matchAll(/^Inst ([^ :]+)\S* \((\S+) /gm)].map(
      ([, name, version]) => `${name} ${version}`,
    );
    return lines.sort().join('\n');
  } catch {
    return '';
  }
}

function askSolver(universe: Universe, { names, recommends }: RandomRequest): string {
  const requests = names.flatMap((name): Request[] => {
    const { candidate } = universe.find(name);
    return candidate === null ? [] : [{ package: candidate.package, version: candidate, by: 'user' }];
  });
  if (requests.length < names.length) return '';
  const start = performance.now();
  const solve = solver === '3' ? solveLikeApt3 : solveGreedily;
  const { plan } = solve(universe, { requests, recommends });
  milliseconds += performance.now() - start;
  const lines = (plan ?? []).map((version) => `${version.package.name} ${version.version}`);
  return lines.sort().join('\n');
}

function difference(theirs: string, ours: string): string {
  if (theirs === '' || ours === '') return theirs === '' ? 'only apt refuses' : 'only we refuse';
  const [left, right] = [new Set(theirs.split('\n')), new Set(ours.split('\n'))];
  const missing = [...left].filter((line) => !right.has(line)).map((line) => `+${line}`);
  const surplus = [...right].filter((line) => !left.has(line)).map((line) => `-${line}`);
  return [...missing, ...surplus].slice(0, 12).join(' ');
}

async function readSources(): Promise<AptSource[]> {
  const format = ['--format', '$(FILENAME)', 'Identifier: Packages'];
  const { stdout } = await run('apt-get', ['indextargets', ...format], {
    env: { ...process.env, APT_CONFIG: config },
  });
  return stdout
    .trim()
    .split('\n')
    .map((file) => {
      const pocket = /updates_/.test(file) ? 'updates' : /security_/.test(file) ? 'security' : 'release';
      return {
        pocket,
        names: [pocket],
        isSuite: pocket === 'release',
        pin: pinOf(readFileSync(file.replace(/_main_binary.*/, '_InRelease'), 'latin1')),
        index: openPackagesIndex(readFileSync(file)),
      };
    });
}

function pinOf(release: string): number {
  if (!/^NotAutomatic: yes/m.test(release)) return 500;
  return /^ButAutomaticUpgrades: yes/m.test(release) ? 100 : 1;
}

async function nativeArch(): Promise<string> {
  const { stdout } = await run('apt-config', ['shell', 'ARCH', 'APT::Architecture'], {
    env: { ...process.env, APT_CONFIG: config },
  });
  return /'(.*)'/.exec(stdout)?.[1] ?? '';
}
