import { createHash } from 'node:crypto';
import { compress, extension, type TestCodec } from './codec.ts';
import { buildTar, type TarSpec } from './tar.ts';

/** A file by its content, or in full. Paths are without the leading `./`. */
export type FileSpec = string | Buffer | Omit<TarSpec, 'path'>;

export interface DebSpec {
  readonly name: string;
  /** Default `1.0`. */
  readonly version?: string;
  /** Default `amd64`. */
  readonly arch?: string;
  readonly depends?: string;
  readonly preDepends?: string;
  readonly recommends?: string;
  readonly provides?: string;
  readonly conflicts?: string;
  readonly breaks?: string;
  readonly replaces?: string;
  readonly essential?: boolean;
  readonly priority?: string;
  readonly section?: string;
  readonly multiArch?: 'same' | 'foreign' | 'allowed';
  /** Further fields of the control file, or other values for those above. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The entries to install; missing parent directories are added before. */
  readonly files?: Readonly<Record<string, FileSpec>>;
  /** Entries written exactly so after `files`: hostile names, duplicates, a given order. */
  readonly entries?: readonly TarSpec[];
  /** Further files of the control archive: `postinst`, `conffiles`, `triggers`. Scripts get mode 0755. */
  readonly control?: Readonly<Record<string, string | Buffer>>;
  /** Default gz. */
  readonly controlCodec?: TestCodec;
  /** Default gz. */
  readonly dataCodec?: TestCodec;
  /** mtime of every ar member, seconds since 1970: when the package was built. */
  readonly built?: number;
}

export interface ArMember {
  readonly name: string;
  readonly content: Buffer;
  readonly mtime?: number;
}

/** A binary package as of deb(5), format 2.0. */
export async function buildDeb(spec: DebSpec): Promise<Buffer> {
  const mtime = spec.built ?? 1_600_000_000;
  const data = await compress(dataTar(spec), spec.dataCodec ?? 'gz');
  const control = await compress(controlTar(spec), spec.controlCodec ?? 'gz');
  return buildAr([
    { name: 'debian-binary', content: Buffer.from('2.0\n'), mtime },
    { name: `control.tar${extension(spec.controlCodec ?? 'gz')}`, content: control, mtime },
    { name: `data.tar${extension(spec.dataCodec ?? 'gz')}`, content: data, mtime },
  ]);
}

/** The ar(5) container, common to all dialects up to 16 characters of name. */
export function buildAr(members: readonly ArMember[]): Buffer {
  const parts: Buffer[] = [Buffer.from('!<arch>\n')];
  for (const { name, content, mtime } of members) {
    const fields = [name.padEnd(16), `${mtime ?? 0}`.padEnd(12), '0     ', '0     ', '100644  '];
    parts.push(Buffer.from(`${fields.join('')}${`${content.length}`.padEnd(10)}\`\n`, 'latin1'), content);
    if (content.length % 2 === 1) parts.push(Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}

/** The fields of the package's control file, in dpkg's usual order. */
export function controlFields(spec: DebSpec): Record<string, string> {
  const fields: Record<string, string | undefined> = {
    Package: spec.name,
    Version: spec.version ?? '1.0',
    Architecture: spec.arch ?? 'amd64',
    Essential: spec.essential === true ? 'yes' : undefined,
    'Multi-Arch': spec.multiArch,
    Maintainer: 'Test <test@example.org>',
    'Installed-Size': `${installedKilobytes(spec)}`,
    'Pre-Depends': spec.preDepends,
    Depends: spec.depends,
    Recommends: spec.recommends,
    Provides: spec.provides,
    Conflicts: spec.conflicts,
    Breaks: spec.breaks,
    Replaces: spec.replaces,
    Section: spec.section ?? 'misc',
    Priority: spec.priority ?? 'optional',
    Description: `the package ${spec.name}`,
    ...spec.fields,
  };
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined),
  );
}

/** A deb822 stanza with its final newline. */
export function formatStanza(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}:${value === '' || value.startsWith('\n') ? '' : ' '}${value}\n`)
    .join('');
}

function controlTar(spec: DebSpec): Buffer {
  const files = {
    control: formatStanza(controlFields(spec)),
    ...(spec.files === undefined ? {} : { md5sums: md5sums(spec) }),
    ...spec.control,
  };
  const scripts = new Set(['preinst', 'postinst', 'prerm', 'postrm', 'config']);
  return buildTar([
    { path: './', type: 'directory' },
    ...Object.entries(files).map(([name, content]) => ({
      path: `./${name}`,
      content,
      mode: scripts.has(name) ? 0o755 : 0o644,
    })),
  ]);
}

function dataTar(spec: DebSpec): Buffer {
  const entries = new Map<string, TarSpec>([['', { path: './', type: 'directory' }]]);
  for (const [path, file] of Object.entries(spec.files ?? {})) {
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth++) {
      const parent = names.slice(0, depth).join('/');
      if (!entries.has(parent)) entries.set(parent, { path: `./${parent}`, type: 'directory' });
    }
    entries.set(path, { ...fullSpec(file), path: `./${path}` });
  }
  return buildTar([...entries.values(), ...(spec.entries ?? [])]);
}

function md5sums(spec: DebSpec): string {
  return Object.entries(spec.files ?? {})
    .map(([path, file]) => ({ path, ...fullSpec(file) }))
    .filter(({ type }) => type === undefined || type === 'file')
    .map(
      ({ path, content }) =>
        `${createHash('md5')
          .update(content ?? '')
          .digest('hex')}  ${path}\n`,
    )
    .join('');
}

function installedKilobytes(spec: DebSpec): number {
  const sizes = Object.values(spec.files ?? {}).map(
    (file) => Buffer.from(fullSpec(file).content ?? '').length,
  );
  return sizes.reduce((sum, size) => sum + Math.ceil(size / 1024), 1);
}

function fullSpec(file: FileSpec): Omit<TarSpec, 'path'> {
  return typeof file === 'string' || Buffer.isBuffer(file) ? { content: file } : file;
}
