import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mirror } from '../../scripts/mirror.ts';
import { SECRETS } from '../../src/rootfs/secrets.ts';
import type { Entry } from '../../src/rootfs/tree.ts';
import { differingPaths, dumpTree } from '../support/tree-dump.ts';
import { MAIN, run } from './run.ts';

const MERGED = '--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr';

export interface Pair {
  /** Paths of the two root filesystems, or why a program made none. */
  readonly theirs: string | Error;
  readonly ours: string | Error;
}

export interface Wanted {
  readonly suite: string;
  readonly variant?: string;
  readonly include?: readonly string[];
  readonly mirror: Mirror;
  /** For both root filesystems, anew each time, and for mkbase's cache. */
  readonly folder: string;
}

/** mmdebstrap's and mkbase's base of the same three pockets of the same mirror, of the same epoch. */
export async function buildBoth(wanted: Wanted): Promise<Pair> {
  const { suite, variant = 'minbase', include = [], mirror, folder } = wanted;
  const [theirs, ours] = [join(folder, 'theirs'), join(folder, 'ours')];
  for (const made of [theirs, ours]) await rm(made, { recursive: true, force: true });
  const [main, security] = [`${mirror.url}/debian`, `${mirror.url}/debian-security`];
  const names = (asked: readonly string[]) => (asked.length === 0 ? [] : [`--include=${asked.join(',')}`]);
  const cache = [`--cache-dir=${join(folder, 'cache')}`, `--lock-out=${ours}.lock`];
  const built = await tried(ours, process.execPath, [
    ...[MAIN, suite, ours, main, `--variant=${variant}`, '--quiet'],
    ...[...cache, ...names(include)],
  ]);
  const merged = suite === 'bookworm' ? [MERGED] : [];
  const same = counterpart(suite, variant);
  const keyring = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
  const epoch = typeof built === 'string' ? JSON.parse(await readFile(`${ours}.lock`, 'utf8')).epoch : 0;
  const made = await tried(theirs, 'env', [
    ...[`SOURCE_DATE_EPOCH=${epoch}`, 'mmdebstrap', '--mode=root', `--variant=${same.variant}`, '--quiet'],
    ...[...merged, ...names([...same.include, ...include]), suite, theirs],
    `deb ${keyring} ${main} ${suite} main`,
    `deb ${keyring} ${main} ${suite}-updates main`,
    `deb ${keyring} ${security} ${suite}-security main`,
  ]);
  return { theirs: made, ours: built };
}

/**
 * The request for mmdebstrap before 1.4: it has Priority required in every buildd, which trixie no longer has.
 * apt comes with the rest, as in its own buildd: `--variant=apt` has it before, and apt's own hook then leaves
 * debconf's empty tmp.ci behind.
 */
function counterpart(suite: string, variant: string): Required<Pick<Wanted, 'variant' | 'include'>> {
  if (suite === 'bookworm') return { variant, include: ['usr-is-merged'] };
  return variant === 'buildd'
    ? { variant: 'essential', include: ['apt', 'build-essential'] }
    : { variant, include: [] };
}

/** `name version arch status` of each package that dpkg knows of. */
export async function packagesOf(root: string): Promise<readonly string[]> {
  const fields = ['Package', 'Version', 'Architecture', 'db:Status-Abbrev'];
  const format = fields.map((field) => `\${${field}}`).join(' ');
  const listed = await run('dpkg-query', [`--admindir=${root}/var/lib/dpkg`, '-W', '-f', `${format}\n`]);
  return listed.trimEnd().split('\n');
}

/** The paths whose two sides differ, but for those that docs/fidelity.md names, which has each reason. */
export function unnamed(theirs: string, ours: string): readonly string[] {
  const [left, right] = [theirs, ours].map((root) => dumpTree(root, packagedFiles(root))) as [Dump, Dump];
  return differingPaths(left, right)
    .filter((path) => !LEFT_OUT.test(path))
    .filter((path) => {
      const sides = [sideOf(theirs, left, path), sideOf(ours, right, path)] as const;
      return !NAMED.some(([named, isAlike]) => named.test(path) && isAlike(...sides));
    })
    .map((path) => `${path}: ${left.get(path) ?? 'absent'} | ${right.get(path) ?? 'absent'}`);
}

type Dump = ReadonlyMap<string, string>;

interface Side {
  /** As dumpTree() says it; undefined where the path is not there. */
  readonly entry: string | undefined;
  readonly content: () => Buffer;
}

type Alike = (theirs: Side, ours: Side) => boolean;

const LEFT_OUT = /^(run|tmp|var\/log|var\/cache\/(apt|ldconfig)|var\/lib\/apt\/lists)\//;

const NAMED: readonly (readonly [RegExp, Alike])[] = [
  [/^etc\/apt\/sources\.list(\.d\/debian\.sources)?$/, () => true],
  [/^etc\/(hostname|resolv\.conf)$/, isTheirsAlone],
  [/^etc\/g?shadow$/, haveTheSameLines],
  [/^etc\/(passwd|group|g?shadow)-$/, areBothThere],
  [/^var\/lib\/apt\/extended_states$/, () => true],
  [/^var\/lib\/dpkg\/(status|diversions|statoverride)-old$/, () => true],
  [/^var\/cache\/debconf\/(config|templates)\.dat-old$/, () => true],
  [/\.pyc$/, areStampedOtherwise],
  [/^var\/lib\/dpkg\/triggers\/File$/, haveTheSameLines],
  [/^var\/lib\/ucf\/cache$/, isTheirsAlone],
  [/^etc\/machine-id$/, (theirs, ours) => theirs.content().length + ours.content().length === 0],
  [/^var\/cache\/fontconfig\//, isOursAlone],
  [/^var\/lib\/systemd\/catalog\/database$/, isTheirsAlone],
  [/^(bin|lib|lib64|sbin)$/, (theirs, ours) => withoutTime(theirs) === withoutTime(ours)],
  [/^var\/lib\/ghc\/package\.conf\.d\/package\.cache$/, haveTheSameSize],
  [/^var\/lib\/texmf\/(ls-R|updmap\.cfg-\w+)$/, haveTheSameLines],
  [/^var\/lib\/texmf\/web2c\/.*\.(fmt|base|log)$/, areBothThere],
  [/^usr\/lib\/mono\/aot-cache\//, haveTheSameSize],
  [/^etc\/GNUstep\/gdomap_probes$/, areBothThere],
  [/^etc\/iptables\/(ipsets|rules\.v[46])$/, isTheirsAlone],
  [/^var\/lib\/postgresql\/\d+\/main\/(global\/pg_control|pg_stat\/pgstat\.stat|pg_wal\/\w+)$/, areBothThere],
  // The hash of the host's name, in the snakeoil certificate.
  [/^etc\/ssl\/certs\/[0-9a-f]{8}\.0$/, isTheirsAlone],
  ...SECRETS.map(({ directory, names }): readonly [RegExp, Alike] => [
    new RegExp(`^${directory.slice(1)}/${names.source.slice(1)}`),
    isTheirsAlone,
  ]),
  [/^etc\/ssl\/certs\/java\/cacerts$/, haveTheSameSize],
];

function isTheirsAlone(theirs: Side, ours: Side): boolean {
  return theirs.entry !== undefined && ours.entry === undefined;
}

function isOursAlone(theirs: Side, ours: Side): boolean {
  return isTheirsAlone(ours, theirs);
}

function areBothThere(theirs: Side, ours: Side): boolean {
  return theirs.entry !== undefined && ours.entry !== undefined;
}

function haveTheSameSize(theirs: Side, ours: Side): boolean {
  return theirs.content().length === ours.content().length;
}

/** In whichever order, and with whichever day of the last change of a password. */
function haveTheSameLines(theirs: Side, ours: Side): boolean {
  const lines = ({ content }: Side) =>
    content()
      .toString('latin1')
      .split('\n')
      .map((line) => line.replace(/^([\w-]+:[^:]*:)\d+:/, '$1:'))
      .sort()
      .join('\n');
  return lines(theirs) === lines(ours);
}

/**
 * Python's byte code says in its second word whether its third is a time or a hash of the source. What
 * follows depends on which constants were shared at that moment: marshal marks them.
 */
function areStampedOtherwise(theirs: Side, ours: Side): boolean {
  const [left, right] = [theirs.content(), ours.content()];
  return left.readUInt32LE(4) !== right.readUInt32LE(4);
}

function withoutTime({ entry }: Side): string | undefined {
  return entry?.replace(/ @\d+/, '');
}

function sideOf(root: string, dump: Dump, path: string): Side {
  const entry = dump.get(path);
  const isFile = entry?.startsWith('file') || entry?.startsWith('hardlink');
  return {
    entry,
    content: () => (isFile ? readFileSync(Buffer.from(`${root}/${path}`, 'latin1')) : Buffer.alloc(0)),
  };
}

/** Whether dpkg unpacked a path: its time is the package's, unless a script wrote it since. */
function packagedFiles(root: string): (path: string, entry: Entry) => boolean {
  const info = join(root, 'var/lib/dpkg/info');
  const lists = readdirSync(info).filter((name) => name.endsWith('.list'));
  const paths = new Set(
    lists.flatMap((name) => readFileSync(join(info, name), 'latin1').split('\n').map(inMergedUsr)),
  );
  const now = Date.now() / 1000 - 24 * 3600;
  return (path, { type, mtime }) => type !== 'dir' && mtime < now && paths.has(inMergedUsr(`/${path}`));
}

function inMergedUsr(path: string): string {
  return path.replace(/^\/(bin|lib\w*|sbin)\//, '/usr/$1/');
}

async function tried(made: string, program: string, args: readonly string[]): Promise<string | Error> {
  try {
    await run(program, args);
    return made;
  } catch (error) {
    return error as Error;
  }
}
