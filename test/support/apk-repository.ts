import { gzipSync } from 'node:zlib';
import { type ApkKey, type ApkSpec, apkIdentity, apkMembers, apkSignature, theApkKey } from './apk.ts';
import { buildTar, type TarSpec } from './tar.ts';

export interface RepositorySpec {
  /** `v3.20/main`. Default so. */
  readonly folder?: string;
  /** Default `x86_64`. */
  readonly arch?: string;
  readonly packages: readonly ApkSpec[];
  /** Default `v3.20.3-0-gabc`. */
  readonly description?: string;
  /** Null leaves the index unsigned. */
  readonly key?: ApkKey | null;
  readonly algorithm?: 'RSA' | 'RSA256';
  /** Changes the text of the index before it is signed. */
  readonly edit?: (text: string) => string;
}

/** The files of a mirror, path without leading slash → bytes. */
export function buildApkRepository(spec: RepositorySpec): Map<string, Buffer> {
  const { folder = 'v3.20/main', arch = 'x86_64', packages, edit = (text) => text } = spec;
  const files = new Map<string, Buffer>();
  const stanzas = packages.map((item) => {
    const members = apkMembers({ arch, ...item });
    const bytes = Buffer.concat([members.signature, members.control, members.data]);
    files.set(`${folder}/${arch}/${item.name}-${item.version ?? '1.0-r0'}.apk`, bytes);
    return stanza({ arch, ...item }, apkIdentity(members), bytes.length);
  });
  files.set(`${folder}/${arch}/APKINDEX.tar.gz`, buildIndex(edit(stanzas.join('\n')), spec));
  return files;
}

function buildIndex(
  text: string,
  { description = 'v3.20.3-0-gabc', key = theApkKey(), algorithm = 'RSA256' }: RepositorySpec,
): Buffer {
  const entries: readonly TarSpec[] = [
    { path: 'DESCRIPTION', content: description },
    { path: 'APKINDEX', content: text },
  ];
  const member = gzipSync(buildTar(entries));
  return key === null ? member : Buffer.concat([apkSignature(member, key, algorithm), member]);
}

function stanza(spec: ApkSpec, identity: string, size: number): string {
  const { name, version = '1.0-r0', arch = '', built = 1_600_000_000, info = {} } = spec;
  const list = (key: string) => [info[key] ?? []].flat().join(' ');
  const lines: readonly (readonly [string, string | number])[] = [
    ['C', identity],
    ['P', name],
    ['V', version],
    ['A', arch],
    ['S', size],
    ['I', list('size') || 4096],
    ['T', `the package ${name}`],
    ['U', 'https://example.org'],
    ['L', 'MIT'],
    ['o', list('origin')],
    ['t', built],
    ['k', list('provider_priority')],
    ['D', list('depend')],
    ['p', list('provides')],
    ['i', list('install_if')],
  ];
  return lines
    .filter(([, value]) => value !== '')
    .map(([letter, value]) => `${letter}:${value}\n`)
    .join('');
}
