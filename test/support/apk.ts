import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { FileSpec } from './deb.ts';
import { buildTar, type TarSpec } from './tar.ts';

export interface ApkSpec {
  readonly name: string;
  /** Default `1.0-r0`. */
  readonly version?: string;
  /** Default `x86_64`. */
  readonly arch?: string;
  /** Further lines of `.PKGINFO`: `depend`, `provides`, `replaces`, `triggers`, `origin`. */
  readonly info?: Readonly<Record<string, string | readonly string[]>>;
  /** By name: `.post-install`. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** The entries to install; missing parent directories are added before. */
  readonly files?: Readonly<Record<string, FileSpec>>;
  /** Entries written exactly so after `files`, with their checksums. */
  readonly entries?: readonly TarSpec[];
  /** Default 1600000000, seconds since 1970. */
  readonly built?: number;
  /** Null leaves it unsigned; default a key of the tests. */
  readonly key?: ApkKey | null;
}

export interface ApkKey {
  /** Name of its file below `etc/apk/keys`. */
  readonly name: string;
  readonly publicPem: string;
  readonly privatePem: string;
}

export function makeApkKey(name: string): ApkKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { name, publicPem: publicKey, privatePem: privateKey };
}

/** The key that packages are signed with where a test names no other. */
export function theApkKey(): ApkKey {
  made ??= makeApkKey('test@example.org-1.rsa.pub');
  return made;
}
let made: ApkKey | undefined;

/** The three members of a package, to be put together or spoilt. */
export interface ApkMembers {
  /** Empty where the package is unsigned. */
  readonly signature: Buffer;
  readonly control: Buffer;
  readonly data: Buffer;
}

/** A package of format 2, as abuild makes it. */
export function buildApk(spec: ApkSpec): Buffer {
  const { signature, control, data } = apkMembers(spec);
  return Buffer.concat([signature, control, data]);
}

export function apkMembers(spec: ApkSpec): ApkMembers {
  const data = gzipSync(buildTar(dataEntries(spec)), { level: 1 });
  const control = controlMember(spec, data);
  const key = spec.key === undefined ? theApkKey() : spec.key;
  return { signature: key === null ? Buffer.alloc(0) : apkSignature(control, key), control, data };
}

export function controlMember(spec: ApkSpec, data: Buffer): Buffer {
  const scripts = Object.entries(spec.scripts ?? {});
  return gzipSync(
    segment([
      { path: '.PKGINFO', content: pkgInfo(spec, data) },
      ...scripts.map(([path, content]) => ({ path, content, mode: 0o755 })),
    ]),
  );
}

/** A signature member over packed bytes, as abuild-sign makes it for packages and indexes. */
export function apkSignature(signed: Buffer, key: ApkKey, algorithm: 'RSA' | 'RSA256' = 'RSA256'): Buffer {
  const digest = algorithm === 'RSA' ? 'RSA-SHA1' : 'RSA-SHA256';
  const content = createSign(digest).update(signed).sign(key.privatePem);
  return gzipSync(segment([{ path: `.SIGN.${algorithm}.${key.name}`, content }]));
}

/** The identity by which an index names a package. */
export function apkIdentity({ control }: Pick<ApkMembers, 'control'>): string {
  return `Q1${createHash('sha1').update(control).digest('base64')}`;
}

/** A tar without the blocks that end an archive. */
function segment(entries: readonly TarSpec[]): Buffer {
  return buildTar(entries).subarray(0, -1024);
}

function pkgInfo(spec: ApkSpec, data: Buffer): string {
  const lines: Record<string, string | readonly string[]> = {
    pkgname: spec.name,
    pkgver: spec.version ?? '1.0-r0',
    pkgdesc: `the package ${spec.name}`,
    url: 'https://example.org',
    builddate: String(spec.built ?? 1_600_000_000),
    size: '4096',
    arch: spec.arch ?? 'x86_64',
    license: 'MIT',
    ...spec.info,
    datahash: createHash('sha256').update(data).digest('hex'),
  };
  return Object.entries(lines)
    .flatMap(([key, values]) => [values].flat().map((value) => `${key} = ${value}\n`))
    .join('');
}

function dataEntries(spec: ApkSpec): readonly TarSpec[] {
  const entries = new Map<string, TarSpec>();
  for (const [path, file] of Object.entries(spec.files ?? {})) {
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth++) {
      const parent = names.slice(0, depth).join('/');
      if (!entries.has(parent)) entries.set(parent, { path: parent, type: 'directory' });
    }
    const full = typeof file === 'string' || Buffer.isBuffer(file) ? { content: file } : file;
    entries.set(path, { ...full, path });
  }
  return [...entries.values(), ...(spec.entries ?? [])].map(withChecksum);
}

function withChecksum(entry: TarSpec): TarSpec {
  const { type = 'file', content = '', target = '', pax } = entry;
  if (type !== 'file' && type !== 'symlink') return entry;
  const digest = createHash('sha1').update(type === 'file' ? content : target);
  return { ...entry, pax: { 'APK-TOOLS.checksum.SHA1': digest.digest('hex'), ...pax } };
}
