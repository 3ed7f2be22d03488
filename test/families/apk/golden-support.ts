import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { LockedFile, LockedPackage } from '../../../src/lock/lock.ts';
import type { Entry, Tree } from '../../../src/rootfs/tree.ts';
import { lockedPackage } from './install-support.ts';

/** The packages that the real apk 2.14.4 installs for a set of packages (data beside the project). */
export interface Golden {
  readonly arch: string;
  readonly mode: 'scripts' | 'noscripts';
  readonly packages: readonly string[];
  readonly log: readonly string[];
  readonly installed: string;
  readonly triggers: string;
  readonly scripts_tar_base64: string;
  readonly world: string;
  readonly tree: Readonly<Record<string, GoldenEntry>>;
}

interface GoldenEntry {
  readonly type: 'file' | 'dir' | 'link' | 'hardlink' | 'char';
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size?: number;
  readonly sha256?: string;
  readonly target?: string;
}

const MIRROR = fileURLToPath(new URL('../../../../shared/data/alpine-mirror/', import.meta.url));

export const hasGolden = existsSync(MIRROR);

export function goldens(mode: Golden['mode']): readonly (readonly [name: string, golden: Golden])[] {
  if (!hasGolden) return [];
  const names = readdirSync(`${MIRROR}expected`).filter((name) => name.endsWith(`.${mode}.json`));
  return names.map((name) => [name, JSON.parse(readFileSync(`${MIRROR}expected/${name}`, 'utf8'))]);
}

/** The packages of a set in apk's order, with their files. */
export function goldenFiles({ arch, log }: Golden): ReadonlyMap<LockedPackage, string> {
  const names = log.flatMap((line) => {
    const parts = /^\(\d+\/\d+\) Installing (\S+) \((\S+)\)$/.exec(line);
    return parts === null ? [] : [`${parts[1]}-${parts[2]}`];
  });
  return new Map(
    names.map((name) => {
      const file = `${MIRROR}alpine/v3.20/main/${arch}/${name}.apk`;
      return [lockedPackage(readFileSync(file)), file];
    }),
  );
}

/** apk's database in a root, which is the golden one to the byte. */
export function expectDatabase(root: string, golden: Golden): void {
  const database = (name: string) => readFileSync(`${root}/lib/apk/db/${name}`);
  expect(database('installed').toString()).toBe(golden.installed);
  expect(database('triggers').toString()).toBe(golden.triggers);
  expect(database('scripts.tar').toString('base64')).toBe(golden.scripts_tar_base64);
}

/** Devices, and with scripts what they date: apk makes nodes, mkbase does not. */
const LEFT_OUT = /^dev\/|^lib\/apk\/exec$/;

/** A tree as lines; left out are times, and what the data's own README excepts. */
export function goldenLines({ tree }: Golden): readonly string[] {
  return Object.entries(tree)
    .filter(([path]) => !LEFT_OUT.test(path))
    .map(([path, { type, mode, uid, gid, size, sha256, target }]) => {
      const kind = type === 'link' ? 'symlink' : type;
      return [path, kind, mode, `${uid}:${gid}`, size ?? '', sha256 ?? target ?? ''].join(' ');
    })
    .sort();
}

export function treeLines(tree: Tree, root: string): readonly string[] {
  return [...tree]
    .filter(([path]) => path !== '' && !LEFT_OUT.test(path))
    .map(([path, entry]) => {
      const { type, mode, uid, gid } = entry;
      const octal = mode.toString(8).padStart(4, '0');
      return [path, type, octal, `${uid}:${gid}`, ...contentOf(root, path, entry)].join(' ');
    })
    .sort();
}

function contentOf(root: string, path: string, entry: Entry): readonly (string | number)[] {
  if (entry.type === 'symlink') return ['', entry.target];
  if (entry.type !== 'file') return ['', ''];
  return [
    entry.size,
    createHash('sha256')
      .update(readFileSync(`${root}/${path}`))
      .digest('hex'),
  ];
}

export function goldenSeeds({ arch, world }: Golden): readonly LockedFile[] {
  return [
    { path: 'etc/apk/arch', mode: 0o644, content: `${arch}\n` },
    { path: 'etc/apk/world', mode: 0o644, content: world },
  ];
}

/** The links of busybox that its scripts make in the same set, with the directories that they make for them. */
export function appletLines(golden: Golden): readonly string[] {
  const same = goldens('scripts').find(([, { packages }]) => packages.join() === golden.packages.join());
  const own = new Set(goldenLines(golden));
  const lines = same === undefined ? [] : goldenLines(same[1]);
  return lines.filter((line) => !own.has(line) && / dir | \/bin\/busybox$/.test(line));
}
