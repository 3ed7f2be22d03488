import { createHash } from 'node:crypto';
import { MkbaseError, quoted } from '../errors.ts';
import type { ScratchParts, TakenPackage } from '../families/family.ts';
import { readTar } from '../formats/tar.ts';
import type { Job } from '../job.ts';
import type { LockedFile, LockedProgram, LockedRecipe } from '../lock/lock.ts';
import { followInTree, parentOf } from '../rootfs/tree-path.ts';
import { CA_BUNDLE, type CertificateChoice } from './certificates.ts';
import {
  type Contents,
  emptyContents,
  putAdditions,
  putDirectory,
  putFile,
  putPackaged,
} from './contents.ts';
import type { GivenProgram, ProgramSet } from './given-program.ts';
import { type Collected, putLibraries } from './libraries.ts';
import type { Taken } from './packages.ts';
import { putUsers, type User } from './users.ts';

export interface FillOptions {
  readonly set: ProgramSet;
  readonly job: Job;
  readonly certificates: CertificateChoice;
  readonly taken: Taken | null;
  readonly family: ScratchParts;
  readonly whole: ReadonlySet<string>;
  readonly collected: Collected | null;
  readonly user: User;
}

export interface Filled {
  readonly contents: Contents;
  /** Files that come from no package and no other file of this machine. */
  readonly files: readonly LockedFile[];
  /** Files of this machine. */
  readonly programs: readonly LockedProgram[];
  /** Whether an absolute path leads to something. */
  readonly has: (path: string) => boolean;
}

/** Fills an image: parts of packages, accounts, certificates, local content, and the programs last. */
export function fillContents({
  set,
  job,
  certificates,
  taken,
  family,
  whole,
  collected,
  user,
}: FillOptions): Filled {
  const contents = emptyContents();
  const { tree } = contents;
  putDirectory(contents, '', { mode: 0o755 });
  putDirectory(contents, 'tmp', { mode: 0o1777 });
  for (const item of taken?.packages ?? []) {
    putPackage(contents, item, { isWhole: whole.has(item.locked.name), mergesUsr: family.mergesUsr });
  }
  if (taken !== null) {
    for (const { path, content } of family.databaseOf(taken.packages)) putFile(contents, path, content);
  }
  const libraries = collected === null ? [] : putLibraries(contents, collected);
  const before = new Set(tree.keys());
  putUsers(contents, user, job.accounts);
  if (taken !== null) putFile(contents, 'etc/os-release', osRelease(taken.lock.recipe));
  for (const { name, pem } of certificates.own) putFile(contents, `${OWN_CERTIFICATES}/${name}`, pem);
  const files = lockedFiles(contents, before);
  putBundle(contents, { certificates, taken, family });
  const programs = placing(() => {
    if (job.additions !== null) putAdditions(contents, readTar(job.additions));
    return set.programs.map((program) => putProgram(contents, program));
  });
  checkFolders(tree);
  const has = (path: string) => path.startsWith('/') && tree.has(followInTree(tree, path.slice(1)));
  return { contents, files, programs: [...programs, ...libraries], has };
}

const ELSEWHERE = 'give one of them another place, as in `PATH:/usr/bin/app`';

/** No package is at fault where one file of the user's lies below another. */
function placing<T>(place: () => T): T {
  try {
    return place();
  } catch (error) {
    if (!(error instanceof MkbaseError) || error.code !== 'package/below-a-file') throw error;
    throw new MkbaseError('usage/conflict', error.message, { hint: ELSEWHERE, cause: error });
  }
}

/** An addition may lie below a program, or a program below a file that is added. */
function checkFolders(tree: Contents['tree']): void {
  for (const path of tree.keys()) {
    for (let at = parentOf(path); at !== ''; at = parentOf(at)) {
      const { type = 'dir' } = tree.get(at) ?? {};
      if (type === 'dir') continue;
      throw new MkbaseError(
        'usage/conflict',
        `${quoted(`/${path}`)} cannot be in an image where ${quoted(`/${at}`)} is not a directory`,
        { hint: ELSEWHERE },
      );
    }
  }
}

function putProgram(contents: Contents, { destination, mode, uid, gid, bytes }: GivenProgram): LockedProgram {
  const { tree } = contents;
  const path = followInTree(tree, destination.slice(1));
  putFile(contents, path, bytes);
  tree.set(path, { ...tree.get(path)!, mode, uid, gid });
  return { path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Where update-ca-certificates(8) looks for those of a site. */
const OWN_CERTIFICATES = 'usr/local/share/ca-certificates';

function putBundle(
  contents: Contents,
  { certificates, taken, family }: Pick<FillOptions, 'certificates' | 'taken' | 'family'>,
): void {
  const packaged = taken?.packages.find(({ locked }) => locked.name === family.certificates);
  const texts = [
    ...(packaged === undefined ? [] : [family.bundleOf(packaged.entries)]),
    ...certificates.own.map(({ pem }) => pem),
  ];
  if (texts.length > 0) putFile(contents, CA_BUNDLE, Buffer.from(texts.join(''), 'latin1'));
}

/** All of a package, or of the files that are wanted those that it has, with its licence. */
function putPackage(
  contents: Contents,
  { locked, entries }: TakenPackage,
  { isWhole, mergesUsr }: { readonly isWhole: boolean; readonly mergesUsr: boolean },
): void {
  const copyright = `usr/share/doc/${locked.name}/copyright`;
  const wanted = (path: string) => isWhole || path === copyright || path.startsWith('usr/share/zoneinfo/');
  putPackaged(contents, entries, { wanted, mergesUsr });
}

/** os-release(5), as far as scanners need it to know whose packages these are. */
function osRelease({ distribution, suite, release }: LockedRecipe): string {
  return [
    `ID=${distribution}`,
    ...(release === null ? [] : [`VERSION_ID="${release}"`]),
    `VERSION_CODENAME=${suite}`,
    `PRETTY_NAME="${distribution} ${release ?? suite} (scratch)"`,
    '',
  ].join('\n');
}

/** Those that were not there before. */
function lockedFiles({ tree, bodies }: Contents, before: ReadonlySet<string>): LockedFile[] {
  return [...bodies]
    .filter(([path]) => !before.has(path))
    .map(([path, body]) => ({ path, mode: tree.get(path)!.mode, content: body.toString() }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
