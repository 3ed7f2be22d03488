/** An account of a host, from a file in netrc's form. */
export interface NetrcEntry {
  /** `https`, where the entry is of one protocol alone; null where it names none. */
  readonly protocol: string | null;
  readonly host: string;
  readonly port: string | null;
  /** The prefix of the paths that it is valid for. */
  readonly path: string;
  readonly login: string;
  readonly password: string;
}

const TOKEN = /"((?:[^"\\]|\\.)*)"|(\S+)/g;
/** `[protocol://]hostname[:port][/path]`, apt_auth.conf(5). */
const MACHINE = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\[[^\]]*\]|[^:/]+)(?::(\d+))?(\/.*)?$/i;

/**
 * The entries of a file in the form of apt_auth.conf(5) and netrc(5), in its order. `default` is left out:
 * whoever wrote it did not mean every mirror.
 */
export function parseNetrc(text: string): NetrcEntry[] {
  const entries: Writable<NetrcEntry>[] = [];
  const tokens = [...withoutMacros(text).matchAll(TOKEN)].map(
    ([, quoted, word]) => word ?? quoted!.replace(/\\(.)/g, '$1'),
  );
  let current: Writable<NetrcEntry> | undefined;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token === 'default') current = undefined;
    if (!['machine', 'login', 'password', 'account'].includes(token)) continue;
    const value = tokens[++at] ?? '';
    if (token === 'machine') {
      current = machineOf(value);
      if (current !== undefined) entries.push(current);
    } else if (current !== undefined && token !== 'account') {
      current[token as 'login' | 'password'] = value;
    }
  }
  return entries;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function machineOf(text: string): NetrcEntry | undefined {
  const [, protocol = null, host, port = null, path = ''] = MACHINE.exec(text) ?? [];
  return host === undefined ? undefined : { protocol, host, port, path, login: '', password: '' };
}

/** A macro goes up to an empty line, netrc(5). Comments are lines of their own, as a password may have a `#`. */
function withoutMacros(text: string): string {
  let inMacro = false;
  return text
    .split('\n')
    .filter((line) => {
      if (/^\s*macdef\s/.test(line)) inMacro = true;
      else if (line.trim() === '') inMacro = false;
      return !inMacro && !/^\s*#/.test(line);
    })
    .join('\n');
}

/**
 * The first entry for an address. As with apt, one without a protocol is good for `https` alone, where
 * `plainToo` does not say otherwise: a password is not for everyone on the way.
 */
export function findEntry(
  entries: readonly NetrcEntry[],
  url: URL,
  { plainToo }: { readonly plainToo: boolean },
): NetrcEntry | null {
  const protocol = url.protocol.slice(0, -1);
  const port = url.port || (protocol === 'https' ? '443' : '80');
  const found = entries.find(
    (entry) =>
      (entry.protocol === null ? plainToo || protocol === 'https' : entry.protocol === protocol) &&
      entry.host.toLowerCase() === url.hostname &&
      (entry.port === null || entry.port === port) &&
      url.pathname.startsWith(entry.path),
  );
  return found ?? null;
}
