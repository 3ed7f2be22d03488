import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findEntry, type NetrcEntry, parseNetrc } from './netrc.ts';

/** The value of `Authorization` for an address that has no credentials of its own, or null. */
export type Credentials = (url: URL) => Promise<string | null>;

/**
 * Accounts from apt's `auth.conf` and `auth.conf.d/*.conf` below `aptFolder`, apt_auth.conf(5), and then
 * from `$NETRC` or `~/.netrc`. They are read when the first address is looked up; a file that this user
 * may not read counts as missing. They go into requests and nowhere else.
 */
export function credentialsFrom({
  env,
  aptFolder,
}: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly aptFolder: string;
}): Credentials {
  let reading: Promise<readonly [apt: NetrcEntry[], netrc: NetrcEntry[]]> | undefined;
  return async (url) => {
    reading ??= Promise.all([aptEntries(aptFolder), entriesOf(netrcFile(env))]);
    const [apt, netrc] = await reading;
    const found = findEntry(apt, url, { plainToo: false }) ?? findEntry(netrc, url, { plainToo: true });
    if (found === null) return null;
    return `Basic ${Buffer.from(`${found.login}:${found.password}`).toString('base64')}`;
  };
}

async function aptEntries(folder: string): Promise<NetrcEntry[]> {
  const parts = join(folder, 'auth.conf.d');
  const names = (await readdir(parts).catch(() => [])).filter((name) => name.endsWith('.conf')).sort();
  const files = [join(folder, 'auth.conf'), ...names.map((name) => join(parts, name))];
  return (await Promise.all(files.map(entriesOf))).flat();
}

async function entriesOf(file: string): Promise<NetrcEntry[]> {
  return parseNetrc(await readFile(file, 'utf8').catch(() => ''));
}

function netrcFile(env: Readonly<Record<string, string | undefined>>): string {
  return env.NETRC || join(env.HOME || homedir(), '.netrc');
}
