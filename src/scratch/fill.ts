import { readTar } from '../formats/tar.ts';
import type { Job } from '../job.ts';
import type { LockedFile } from '../lock.ts';
import { findRecipe } from '../recipes.ts';
import { resolveInTree } from '../rootfs/tree-path.ts';
import { CA_BUNDLE, debianBundle } from './certificates.ts';
import {
  type Contents,
  emptyContents,
  putAdditions,
  putDirectory,
  putFile,
  putPackaged,
} from './contents.ts';
import type { ProgramSet } from './given-program.ts';
import type { Taken, TakenPackage } from './packages.ts';
import type { ScratchRequest } from './scratch.ts';
import { putUsers, type User } from './users.ts';

export interface FillOptions extends Pick<ScratchRequest, 'certificates'> {
  readonly set: ProgramSet;
  readonly job: Job;
  readonly taken: Taken | null;
  readonly user: User;
}

export interface Filled {
  readonly contents: Contents;
  /** Files that come from no package and no other file of this machine. */
  readonly files: readonly LockedFile[];
  /** Whether an absolute path leads to something. */
  readonly has: (path: string) => boolean;
}

/** What an image has in it: parts of packages, accounts, certificates, local content and the programs last. */
export function fillContents({ set, job, certificates, taken, user }: FillOptions): Filled {
  const contents = emptyContents();
  const { tree } = contents;
  putDirectory(contents, '', 0o755);
  putDirectory(contents, 'tmp', 0o1777);
  for (const item of taken?.packages ?? []) putPackage(contents, item);
  const packaged = new Set(tree.keys());
  putUsers(contents, user, job.accounts);
  if (taken !== null) putFile(contents, 'etc/os-release', osRelease(taken.lock.recipe.name));
  for (const { name, pem } of certificates.own) putFile(contents, `${OWN_CERTIFICATES}/${name}`, pem);
  const files = lockedFiles(contents, packaged);
  putBundle(contents, { certificates, taken });
  if (job.additions !== null) putAdditions(contents, readTar(job.additions));
  for (const { destination, mode, uid, gid, bytes } of set.programs) {
    const path = resolveInTree(tree, destination.slice(1), true);
    putFile(contents, path, bytes);
    tree.set(path, { ...tree.get(path)!, mode, uid, gid });
  }
  const has = (path: string) => path.startsWith('/') && tree.has(resolveInTree(tree, path.slice(1), true));
  return { contents, files, has };
}

/** Where update-ca-certificates(8) looks for those of a site. */
const OWN_CERTIFICATES = 'usr/local/share/ca-certificates';

function putBundle(
  contents: Contents,
  { certificates, taken }: Pick<FillOptions, 'certificates' | 'taken'>,
): void {
  const packaged = taken?.packages.find(({ locked }) => locked.name === 'ca-certificates');
  const texts = [
    ...(packaged === undefined ? [] : [debianBundle(packaged.entries)]),
    ...certificates.own.map(({ pem }) => pem),
  ];
  if (texts.length > 0) putFile(contents, CA_BUNDLE, Buffer.from(texts.join(''), 'latin1'));
}

/**
 * The files of a package that are wanted, its licence, and its description where scanners look for it in
 * images without dpkg's own database.
 */
function putPackage(contents: Contents, { locked, entries, control }: TakenPackage): void {
  const { name } = locked;
  putPackaged(contents, entries, (path) => {
    return path === `usr/share/doc/${name}/copyright` || path.startsWith('usr/share/zoneinfo/');
  });
  putFile(contents, `var/lib/dpkg/status.d/${name}`, control.get('control')?.body ?? '');
}

/** os-release(5), as far as scanners need it to know whose packages these are. */
function osRelease(recipeName: string): string {
  const { distribution, suite, release } = findRecipe(recipeName);
  return [
    `ID=${distribution}`,
    ...(release === null ? [] : [`VERSION_ID="${release}"`]),
    `VERSION_CODENAME=${suite}`,
    `PRETTY_NAME="${distribution} ${release ?? suite} (scratch)"`,
    '',
  ].join('\n');
}

function lockedFiles({ tree, bodies }: Contents, packaged: ReadonlySet<string>): LockedFile[] {
  return [...bodies]
    .filter(([path]) => !packaged.has(path))
    .map(([path, body]) => ({ path, mode: tree.get(path)!.mode, content: body.toString() }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
