/** The packages that dpkg has installed in a root filesystem, as package files are made of them again. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { MkbaseError, quoted } from '../../../errors.ts';
import { piecesOf } from '../../../formats/pieces.ts';
import type { ControlFile } from '../../../rootfs/package-file.ts';
import type { Root } from '../../../rootfs/root.ts';
import type { ConffileChoice } from '../../family.ts';
import { type Diversions, parseDiversions } from '../install/diversions.ts';
import { STATUS } from '../package/installed.ts';
import type { PackedDeb, PackedEntry } from '../package/pack-deb.ts';

const DPKG = 'var/lib/dpkg';

/** A package of dpkg's status that is installed and configured. */
export interface InstalledStanza {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  /** Name of its files in dpkg's `info`. */
  readonly infoName: string;
  /** The control file that it was installed from. A binary string. */
  readonly control: string;
  /** The MD5 sums of the conffiles as the package shipped them, by path with its leading slash. */
  readonly conffiles: ReadonlyMap<string, string>;
  /** Conffiles of earlier versions. */
  readonly obsolete: ReadonlySet<string>;
}

/** Deviations of the files on disk from the package, for the user to know. Paths begin with a slash. */
export interface Deviations {
  readonly changed: string[];
  /** Those of `changed` that are conffiles. */
  readonly conffiles: string[];
  readonly missing: string[];
  readonly diverted: string[];
  readonly overridden: string[];
  readonly omitted: string[];
}

export function noDeviations(): Deviations {
  return { changed: [], conffiles: [], missing: [], diverted: [], overridden: [], omitted: [] };
}

/** Fields that dpkg adds to a control file in its status. */
const OF_DPKG = /^(Status|Config-Version|Conffiles|Triggers-Pending|Triggers-Awaited):/i;

/** @throws MkbaseError `host/no-packages` where the root filesystem has no database of dpkg's */
export function readInstalledStanzas(root: Root): readonly InstalledStanza[] {
  const status = root.read(STATUS)?.toString('latin1');
  if (status === undefined) {
    throw new MkbaseError('host/no-packages', `there is no dpkg database in \`${root.path}\``, {
      hint: 'run on Debian, Ubuntu or a derivative, or name the root filesystem of one with `--root`',
    });
  }
  return status.split(/\n{2,}/).flatMap((text) => {
    const isInstalled = /^Status: \S+ ok installed$/m.test(text);
    return isInstalled ? [readStanza(text)] : [];
  });
}

function readStanza(text: string): InstalledStanza {
  const value = (field: string) => new RegExp(`^${field}:[ \\t]*(\\S+)`, 'im').exec(text)?.[1] ?? '';
  const [name, version, arch] = [value('Package'), value('Version'), value('Architecture')];
  const infoName = value('Multi-Arch') === 'same' ? `${name}:${arch}` : name;
  const conffiles = new Map<string, string>();
  const obsolete = new Set<string>();
  for (const [, path, sum, words] of text.matchAll(
    /^ (\/.*) ([0-9a-f]{32})((?: obsolete| remove-on-upgrade)*)$/gm,
  )) {
    if (words!.includes('obsolete')) obsolete.add(path!);
    else conffiles.set(path!, sum!);
  }
  return { name, version, arch, infoName, control: withoutFieldsOfDpkg(text), conffiles, obsolete };
}

function withoutFieldsOfDpkg(text: string): string {
  let isKept = true;
  const kept = text.split('\n').filter((line) => {
    if (!/^[ \t]/.test(line)) isKept = !OF_DPKG.test(line);
    return isKept && line !== '';
  });
  return `${kept.join('\n')}\n`;
}

/** dpkg's `info` of a root filesystem, and where the files of its packages are. */
export class InstalledFiles {
  readonly #root: Root;
  readonly #device: number;
  readonly #conffiles: ConffileChoice;
  readonly #info = new Map<string, string[]>();
  readonly #diversions: Diversions;
  readonly #overridden: ReadonlySet<string>;
  readonly #users: ReadonlyMap<number, string>;
  readonly #groups: ReadonlyMap<number, string>;

  constructor(root: Root, conffiles: ConffileChoice) {
    this.#root = root;
    this.#device = root.stat('')!.dev;
    this.#conffiles = conffiles;
    const text = (path: string) => root.read(path)?.toString('latin1') ?? '';
    this.#diversions = parseDiversions(text(`${DPKG}/diversions`));
    const overrides = text(`${DPKG}/statoverride`).split('\n');
    this.#overridden = new Set(overrides.map((line) => line.split(' ').slice(3).join(' ')));
    this.#users = namesById(text('etc/passwd'));
    this.#groups = namesById(text('etc/group'));
    for (const { name } of root.list(`${DPKG}/info`)) {
      const dot = name.lastIndexOf('.');
      const of = name.slice(0, dot);
      this.#info.set(of, [...(this.#info.get(of) ?? []), name.slice(dot + 1)]);
    }
  }

  /**
   * A package as its file would have it: what dpkg's lists name, as it is on disk.
   *
   * @throws MkbaseError `host/unreadable-files`
   */
  pack(stanza: InstalledStanza, deviations: Deviations): PackedDeb {
    const control = this.#controlOf(stanza);
    const sums = sumsOf(control.get('md5sums'));
    const found: Found[] = [];
    for (const path of this.#listOf(stanza)) {
      const one = this.#find(path, stanza, deviations);
      if (one !== null) found.push(one);
    }
    this.#refuseUnreadable(stanza, found);
    const kept = found.flatMap((one) => this.#kept(one, { stanza, sums, deviations }) ?? []);
    const files = kept.filter(({ stats }) => stats.isFile()).map(({ stats }) => seconds(stats));
    // Directories get new times as packages come and go; the newest file is what the package's own time is next to.
    const built = files.reduce((newest, time) => Math.max(newest, time), 0);
    return { control, built, entries: this.#entriesOf(kept, built) };
  }

  #controlOf({ infoName, control }: InstalledStanza): Map<string, ControlFile> {
    const files = new Map<string, ControlFile>();
    files.set('control', { mode: 0o644, body: Buffer.from(control, 'latin1') });
    for (const kind of (this.#info.get(infoName) ?? []).sort()) {
      if (kind === 'list') continue;
      const path = `${DPKG}/info/${infoName}.${kind}`;
      const [stats, body] = [this.#root.stat(path), this.#root.read(path)];
      if (stats !== undefined && body !== null) files.set(kind, { mode: stats.mode & 0o777, body });
    }
    return files;
  }

  #listOf({ infoName, obsolete }: InstalledStanza): readonly string[] {
    const list = this.#root.read(`${DPKG}/info/${infoName}.list`)?.toString('latin1') ?? '';
    const paths = list
      .split('\n')
      .filter((line) => line.startsWith('/') && line !== '/.' && !obsolete.has(line));
    return ['', ...paths.map((path) => path.slice(1))];
  }

  #find(path: string, { name }: InstalledStanza, deviations: Deviations): Found | null {
    const place = this.#diversions.pathFor(path, name);
    if (place !== path) deviations.diverted.push(`/${path}`);
    const stats = this.#root.stat(place);
    if (stats === undefined) {
      deviations.missing.push(`/${path}`);
      return null;
    }
    if (this.#overridden.has(`/${path}`)) deviations.overridden.push(`/${path}`);
    return { path, place, stats };
  }

  #refuseUnreadable({ name }: InstalledStanza, found: readonly Found[]): void {
    const closed = found.filter(({ place, stats }) => stats.isFile() && !this.#root.mayRead(place));
    if (closed.length === 0) return;
    throw new MkbaseError('host/unreadable-files', `this user may not read all files of \`${name}\``, {
      hint: 'run as root, or leave the package out',
      details: closed.map(({ path }) => quoted(`/${path}`)),
    });
  }

  /** Null for a file that is left out; a conffile that was changed may be taken from its pristine copy. */
  #kept(one: Found, { stanza, sums, deviations }: Holding): Found | null {
    const { path, place, stats } = one;
    if (!stats.isFile()) return one;
    const shipped = stanza.conffiles.get(`/${path}`);
    const wanted = shipped ?? sums.get(path);
    if (wanted === undefined || this.#sumOf(place) === wanted) return one;
    if (shipped !== undefined && this.#conffiles === 'skip') {
      deviations.omitted.push(`/${path}`);
      return null;
    }
    if (shipped !== undefined && this.#conffiles === 'pristine') {
      // dpkg and ucf leave the maintainer's version beside a file that was changed by hand.
      const copy = [`${place}.dpkg-dist`, `${place}.ucf-dist`].find((name) => this.#sumOf(name) === shipped);
      if (copy !== undefined) return { path, place: copy, stats: this.#root.stat(copy)! };
    }
    deviations.changed.push(`/${path}`);
    if (shipped !== undefined) deviations.conffiles.push(`/${place}`);
    return one;
  }

  #sumOf(place: string): string | null {
    const stats = this.#root.stat(place);
    if (stats?.isFile() !== true) return null;
    const hash = createHash('md5');
    const content = this.#root.contents(place, stats.size);
    for (const piece of Buffer.isBuffer(content) ? piecesOf(content) : content) hash.update(piece);
    return hash.digest('hex');
  }

  #entriesOf(found: readonly Found[], built: number): PackedEntry[] {
    const folders = new Set(found.map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf('/')))));
    const first = new Map<string, string>();
    return found.map((one) => {
      const { path, place, stats } = one;
      const isFolder = stats.isDirectory() || folders.has(path);
      // The package's directory may be a link of the base now, as /lib is.
      const through = isFolder && !stats.isDirectory() ? this.#root.stat(this.#root.follow(place))! : stats;
      const owner = {
        ...{ uid: through.uid, gid: through.gid },
        uname: this.#users.get(through.uid) ?? '',
        gname: this.#groups.get(through.gid) ?? '',
      };
      // /proc and /sys of a running system are the kernel's, which lets nobody write.
      const mode =
        isFolder && through.dev !== this.#device && (through.mode & 0o777) === 0o555 ? 0o755 : through.mode;
      const common = { ...owner, mode: mode & 0o7777, size: 0, link: '', major: 0, minor: 0 };
      const nothing = () => Buffer.alloc(0);
      if (isFolder)
        return { ...common, path: `./${path}${path && '/'}`, type: 'dir', mtime: built, content: nothing };
      const named = { ...common, path: `./${path}`, mtime: seconds(stats) };
      if (stats.isSymbolicLink())
        return { ...named, type: 'symlink', mode: 0o777, link: this.#root.readLink(place), content: nothing };
      const inode = `${stats.dev}:${stats.ino}`;
      const known = stats.nlink > 1 ? first.get(inode) : undefined;
      if (known !== undefined) return { ...named, type: 'hardlink', link: `./${known}`, content: nothing };
      first.set(inode, path);
      const content = () => this.#root.contents(place, stats.size);
      return { ...named, type: 'file', size: stats.size, content };
    });
  }
}

interface Found {
  /** As the package has it. */
  readonly path: string;
  /** As the root filesystem has it. */
  readonly place: string;
  readonly stats: Stats;
}

interface Holding {
  readonly stanza: InstalledStanza;
  readonly sums: ReadonlyMap<string, string>;
  readonly deviations: Deviations;
}

function seconds({ mtimeMs }: Stats): number {
  return Math.floor(mtimeMs / 1000);
}

function sumsOf(md5sums: ControlFile | undefined): ReadonlyMap<string, string> {
  const lines = md5sums?.body.toString('latin1').matchAll(/^([0-9a-f]{32}) [ *](.+)$/gm) ?? [];
  return new Map(Array.from(lines, ([, sum, path]) => [path!, sum!]));
}

/** By the number of passwd(5) or group(5); the first name of a number counts. */
function namesById(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':');
    if (name !== '' && /^\d+$/.test(id) && !names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}
