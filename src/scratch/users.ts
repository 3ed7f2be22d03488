import { type Account, addAccounts } from '../additions/account.ts';
import { MkbaseError } from '../errors.ts';
import { type Contents, putDirectory, putFile } from './contents.ts';

export interface User {
  readonly uid: number;
  readonly gid: number;
}

const NO_SHELL = '/sbin/nologin';
/** The accounts of every image; `nonroot` as in the images of distroless and ko. */
const USUAL: readonly Account[] = [
  { name: 'root', uid: 0, gid: 0, home: '/root', shell: NO_SHELL },
  { name: 'nobody', uid: 65534, gid: 65534, home: '/nonexistent', shell: NO_SHELL },
  { name: 'nonroot', uid: 65532, gid: 65532, home: '/home/nonroot', shell: NO_SHELL },
];

/**
 * The ids of `--user`: a known name, or numbers, as `UID` or `UID:GID`. Only ids
 * go into an image, because kubernetes cannot recognise a name as non-root.
 *
 * @throws MkbaseError `usage/unknown-user`
 */
export function findUser(text: string, accounts: readonly Account[]): User {
  const known = [...USUAL, ...accounts].findLast(({ name }) => name === text);
  if (known !== undefined) return { uid: known.uid, gid: known.gid };
  const [, uid, gid = uid] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text) ?? [];
  const ids = { uid: Number(uid), gid: Number(gid) };
  if (uid === undefined || Math.max(ids.uid, ids.gid) >= 2 ** 32 - 1) {
    throw new MkbaseError('usage/unknown-user', `there is not a valid account \`${text}\` in the image`, {
      hint: `name one of ${USUAL.map(({ name }) => name).join(', ')}, write UID:GID, or add it with \`--account\``,
    });
  }
  return ids;
}

/** Accounts, groups, homes, and how names are looked up. A user without an account gets one. */
export function putUsers(contents: Contents, user: User, accounts: readonly Account[]): void {
  const named = [...USUAL, ...accounts];
  const isKnown = named.some(({ uid }) => uid === user.uid);
  const all = isKnown ? named : [...named, { name: 'user', ...user, home: '/home/user', shell: NO_SHELL }];
  const { passwd, group } = addAccounts({ passwd: null, group: null, shadow: null }, all);
  putFile(contents, 'etc/passwd', passwd ?? '');
  putFile(contents, 'etc/group', group ?? '');
  // Without it some C libraries ask the network's name service for every user.
  putFile(
    contents,
    'etc/nsswitch.conf',
    'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\n',
  );
  for (const { home, uid, gid } of all) {
    if (home !== '/nonexistent') putDirectory(contents, home.slice(1), { mode: 0o700, uid, gid });
  }
}
