/** TARGET: a directory that may have contents already, as debootstrap takes it. */
import { execFile } from 'node:child_process';
import type { Stats } from 'node:fs';
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  utimes,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MkbaseError, quoted } from '../../errors.ts';

/** debootstrap's own directory in TARGET, of its second stage and log. */
export const OWN = 'debootstrap';

/**
 * Makes TARGET and its `debootstrap`; gives its path without links.
 *
 * @throws MkbaseError `target/root`, `target/is-a-link`, `target/is-a-file`, `target/no-devices`
 */
export async function prepareTarget(path: string): Promise<string> {
  const existing = await lstat(path).catch(() => null);
  if (existing?.isFile()) {
    throw new MkbaseError('target/is-a-file', `cannot make a base at \`${path}\`: a file is there`, {
      hint: 'name a directory',
    });
  }
  await mkdir(path, { recursive: true, mode: 0o755 });
  const target = await realpath(path);
  if (target === '/') {
    throw new MkbaseError('target/root', 'cannot make a base at `/`: it is this system', {
      hint: 'name another directory',
    });
  }
  const own = join(target, OWN);
  if ((await lstat(own).catch(() => null))?.isDirectory() === false) {
    throw new MkbaseError('target/is-a-link', `\`${own}\` is no directory`, { hint: 'remove it' });
  }
  const refusal = await mountRefusal(target);
  if (refusal !== null) {
    throw new MkbaseError(
      'target/no-devices',
      `Cannot install into target '${path}' mounted with noexec or nodev`,
      { hint: `the mount of \`${refusal}\` has that option: name a directory elsewhere` },
    );
  }
  await mkdir(own, { recursive: true, mode: 0o755 });
  return target;
}

/** The mount point of a directory in which neither devices nor programs would work; null where they would. */
async function mountRefusal(target: string): Promise<string | null> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  let holder: { readonly point: string; readonly options: string } | null = null;
  for (const line of mounts.split('\n')) {
    const [, , , , written = '', options = ''] = line.split(' ');
    const point = written.replace(/\\([0-7]{3})/g, (_, code) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    const holds = point === '/' || target === point || target.startsWith(`${point}/`);
    // Of several mounts at one place the last is what is seen.
    if (written !== '' && holds && point.length >= (holder?.point.length ?? 0)) holder = { point, options };
  }
  const isRefused = holder?.options.split(',').some((option) => option === 'nodev' || option === 'noexec');
  return isRefused ? holder!.point : null;
}

/** Paths that the caller may have filled before, whose content stays. */
const KEPT = [
  /^dev\//,
  /^etc\/(fstab|hostname|resolv\.conf)$/,
  /^var\/cache\/apt\//,
  /^var\/lib\/apt\/lists\//,
];
/** Paths that are replaced. */
const REPLACED = [/^etc\/apt\/sources\.list$/];
/** Mounted file systems of the kernel: there is nothing to be put in. */
const KERNEL = new Set(['dev', 'proc', 'sys', 'run']);

type Step =
  | { readonly kind: 'move' | 'replace'; readonly path: string }
  /** A directory on another file system. */
  | { readonly kind: 'copy'; readonly path: string }
  | { readonly kind: 'settle'; readonly path: string; readonly stats: Stats };

/**
 * Puts the tree below `from`, which is on the same file system, into the directory `into`. No link of `into` is
 * followed. What both have is refused before anything is moved, but for directories, links with the same text and
 * paths that a caller may prepare.
 *
 * @throws MkbaseError `target/has-files`
 */
export async function mergeTree(from: string, into: string): Promise<void> {
  const steps: Step[] = [];
  const refused: string[] = [];
  await compare('');
  if (refused.length > 0) {
    throw new MkbaseError('target/has-files', `\`${into}\` has files that packages bring`, {
      details: refused.slice(0, 10),
      hint: 'remove them, or name another TARGET',
    });
  }
  for (const step of steps) await perform(step);

  async function compare(folder: string): Promise<void> {
    const device = (await lstat(join(into, folder))).dev;
    for (const name of await readdir(join(from, folder))) {
      const path = join(folder, name);
      const ours = await lstat(join(from, path));
      const theirs = await lstat(join(into, path)).catch(() => null);
      if (theirs === null) steps.push({ kind: 'move', path });
      else if (ours.isDirectory() && theirs.isDirectory()) {
        if (theirs.dev === device) {
          await compare(path);
          steps.push({ kind: 'settle', path, stats: ours });
        } else if (!KERNEL.has(path)) steps.push({ kind: 'copy', path });
      } else if (REPLACED.some((one) => one.test(path)) && theirs.isFile()) {
        steps.push({ kind: 'replace', path });
      } else if (!KEPT.some((one) => one.test(path)) && !(await isSameLink(path, ours, theirs))) {
        refused.push(quoted(path));
      }
    }
  }

  async function isSameLink(path: string, ours: Stats, theirs: Stats): Promise<boolean> {
    if (!ours.isSymbolicLink() || !theirs.isSymbolicLink()) return false;
    return (await readlink(join(from, path))) === (await readlink(join(into, path)));
  }

  async function perform(step: Step): Promise<void> {
    const place = join(into, step.path);
    switch (step.kind) {
      case 'replace':
        await rm(place);
        return rename(join(from, step.path), place);
      case 'move':
        return rename(join(from, step.path), place);
      case 'copy':
        await promisify(execFile)('cp', ['-a', '--', `${join(from, step.path)}/.`, place]);
        return;
      case 'settle': {
        const { uid, gid, mode, atime, mtime } = step.stats;
        await lchown(place, uid, gid);
        await chmod(place, mode & 0o7777);
        return utimes(place, atime, mtime);
      }
    }
  }
}
