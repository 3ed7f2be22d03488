/** The differences between the files of two root filesystems. Pure. Paths are binary strings. */
import type { Entry } from '../rootfs/tree.ts';
import { capabilityText } from './capability.ts';

/** An entry with what its content is known by. Hard links are given as the files they are. */
export type FileFact = Exclude<Entry, { readonly type: 'hardlink' }> & {
  /** sha256 of the content, hex; null for all but files. */
  readonly sha256: string | null;
};

/** By path, as in a Tree. */
export type FileFacts = ReadonlyMap<string, FileFact>;

export interface FileChange {
  /** Added, changed, deleted: as `docker diff` says. */
  readonly kind: 'A' | 'C' | 'D';
  readonly path: string;
  /** For a change: `type`, `content`, `target`, `device`, `mode`, `owner`, `attributes`; else empty. */
  readonly what: readonly string[];
  /** Bytes of content. */
  readonly grown: number;
}

/** A change of what a file may do or who may change it; null on a side where it is not there. */
export interface PrivilegeChange {
  readonly path: string;
  readonly what: 'setuid' | 'setgid' | 'capabilities' | 'mode' | 'owner';
  readonly before: string | null;
  readonly after: string | null;
}

/** Added, changed and deleted files, by path; a different time alone does not count. */
export function fileChanges(before: FileFacts, after: FileFacts): FileChange[] {
  return paths(before, after).flatMap((path): FileChange[] => {
    const [was, is] = [before.get(path), after.get(path)];
    const grown = bytesOf(is) - bytesOf(was);
    if (was === undefined) return [{ kind: 'A', path, what: [], grown }];
    if (is === undefined) return [{ kind: 'D', path, what: [], grown }];
    const what = differences(was, is);
    return what.length === 0 ? [] : [{ kind: 'C', path, what, grown }];
  });
}

/**
 * The changes that a reviewer looks at first. Added and deleted files are listed only where they have
 * set-uid, set-gid or capabilities.
 */
export function privilegeChanges(before: FileFacts, after: FileFacts): PrivilegeChange[] {
  return paths(before, after).flatMap((path) => {
    const [was, is] = [before.get(path), after.get(path)];
    const [old, current] = [privilegesOf(was), privilegesOf(is)];
    const both = was !== undefined && is !== undefined && was.type === is.type;
    return PRIVILEGES.filter((what) => old[what] !== current[what])
      .filter((what) => both || (what !== 'mode' && what !== 'owner'))
      .map((what) => ({ path, what, before: old[what], after: current[what] }));
  });
}

const PRIVILEGES = ['setuid', 'setgid', 'capabilities', 'mode', 'owner'] as const;

function privilegesOf(fact: FileFact | undefined): Record<(typeof PRIVILEGES)[number], string | null> {
  if (fact === undefined) {
    return { setuid: null, setgid: null, capabilities: null, mode: null, owner: null };
  }
  const { mode, uid, gid, type } = fact;
  const capability = fact.xattrs?.['security.capability'];
  return {
    setuid: type === 'file' && mode & 0o4000 ? String(uid) : null,
    setgid: type === 'file' && mode & 0o2000 ? String(gid) : null,
    capabilities: capability === undefined ? null : capabilityText(capability),
    // A symlink's mode means nothing.
    mode: type === 'symlink' ? null : mode.toString(8).padStart(4, '0'),
    owner: `${uid}:${gid}`,
  };
}

function paths(before: FileFacts, after: FileFacts): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort();
}

function bytesOf(fact: FileFact | undefined): number {
  return fact?.type === 'file' ? fact.size : 0;
}

/** Ignores times: a file that was only written again is the same. */
function differences(was: FileFact, is: FileFact): string[] {
  if (was.type !== is.type) return ['type'];
  const what: string[] = [];
  if (was.sha256 !== is.sha256) what.push('content');
  if (was.type === 'symlink' && is.type === 'symlink' && was.target !== is.target) what.push('target');
  if ('major' in was && 'major' in is && (was.major !== is.major || was.minor !== is.minor)) {
    what.push('device');
  }
  if (was.mode !== is.mode && was.type !== 'symlink') what.push('mode');
  if (was.uid !== is.uid || was.gid !== is.gid) what.push('owner');
  if (attributesText(was) !== attributesText(is)) what.push('attributes');
  return what;
}

function attributesText({ xattrs = {} }: FileFact): string {
  return JSON.stringify(Object.entries(xattrs).sort(([a], [b]) => (a < b ? -1 : 1)));
}
