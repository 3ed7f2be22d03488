import { MkbaseError } from '../errors.ts';

/** A user to be known in the image, with a group of the same name. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Absolute path; it is made where it is not there. */
  readonly home: string;
  /** Absolute path. */
  readonly shell: string;
}

/** Names that useradd(8) takes without `--badname`. */
const NAME = /^[a-z_][a-z0-9_-]{0,30}\$?$/;
/** The highest id but those that mean "none": 65534 is nobody, 2^32-1 no id at all. */
const MAX_ID = 2 ** 32 - 2;

/**
 * `name:uid[:gid[:home[:shell]]]`; the gid defaults to the uid, the home to `/nonexistent` and
 * the shell to `/usr/sbin/nologin`, as for a service.
 *
 * @throws MkbaseError `usage/bad-account`
 */
export function parseAccount(text: string): Account {
  const [name = '', uid = '', gid = uid, home = '/nonexistent', shell = '/usr/sbin/nologin', ...more] =
    text.split(':');
  const account = { name, uid: idOf(uid), gid: idOf(gid || uid), home: home || '/nonexistent', shell };
  const isSound =
    NAME.test(name) &&
    account.uid !== null &&
    account.gid !== null &&
    home.startsWith('/') &&
    more.length === 0;
  if (!isSound || !shell.startsWith('/') || /[\s,]/.test(text)) {
    throw new MkbaseError('usage/bad-account', `\`${text}\` is not a valid account`, {
      hint: 'write it as name:uid[:gid[:home[:shell]]], as in `app:10001:10001:/home/app:/bin/sh`',
    });
  }
  return account as Account;
}

function idOf(text: string): number | null {
  return /^\d{1,10}$/.test(text) && Number(text) <= MAX_ID ? Number(text) : null;
}

/** The files that hold accounts, passwd(5), group(5) and shadow(5), as binary strings; null where absent. */
export interface AccountFiles {
  readonly passwd: string | null;
  readonly group: string | null;
  readonly shadow: string | null;
}

/**
 * The files with the accounts added, each with a locked password. A name that is there already must have
 * the same ids; its home and shell become those that were asked for.
 *
 * @throws MkbaseError `usage/account-taken`
 */
export function addAccounts(files: AccountFiles, accounts: readonly Account[]): AccountFiles {
  return accounts.reduce(addAccount, files);
}

function addAccount({ passwd, group, shadow }: AccountFiles, account: Account): AccountFiles {
  const { name, uid, gid, home, shell } = account;
  const known = lineOf(passwd, name);
  if (known !== null && (known[2] !== String(uid) || known[3] !== String(gid))) throw taken(account, known);
  const hasGroup = (group ?? '').split('\n').some((line) => line.split(':')[2] === String(gid));
  const groupName = lineOf(group, name) === null ? name : `${name}-${gid}`;
  return {
    passwd: withLine(passwd, name, `${name}:x:${uid}:${gid}:${known?.[4] ?? ''}:${home}:${shell}`),
    group: hasGroup ? group : withLine(group, groupName, `${groupName}:x:${gid}:`),
    // Without a shadow file the x in passwd leads nowhere, which locks as well.
    shadow:
      shadow === null || lineOf(shadow, name) !== null ? shadow : withLine(shadow, name, `${name}:!:::::::`),
  };
}

function lineOf(text: string | null, name: string): string[] | null {
  const line = (text ?? '').split('\n').find((one) => one.startsWith(`${name}:`));
  return line === undefined ? null : line.split(':');
}

/** With the line of that name replaced, or added at the end. */
function withLine(text: string | null, name: string, line: string): string {
  const lines = (text ?? '').split('\n').filter((one) => one !== '');
  const at = lines.findIndex((one) => one.startsWith(`${name}:`));
  return `${(at === -1 ? [...lines, line] : lines.with(at, line)).join('\n')}\n`;
}

function taken({ name, uid, gid }: Account, known: readonly string[]): MkbaseError {
  return new MkbaseError(
    'usage/account-taken',
    `the account \`${name}\` is there as ${known[2]}:${known[3]}, and ${uid}:${gid} was asked for`,
    { hint: `use another name, or \`${name}:${known[2]}:${known[3]}\`` },
  );
}
