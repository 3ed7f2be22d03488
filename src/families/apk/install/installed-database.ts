/** The files of `lib/apk/db` as apk-tools 2.14 writes them, apk-installed(5). Pure: texts out. */

import { type Dependency, formatDependency } from '../package/dependency.ts';
import type { Acl, PackageRecord } from './package-record.ts';

/** `installed`: a stanza a package by name, its lines of the index first, then its directories and files. */
export function installedText(records: readonly PackageRecord[]): string {
  const sorted = records.toSorted((a, b) => (a.info.name < b.info.name ? -1 : 1));
  return sorted.map((record) => [...indexLines(record), ...ownLines(record), '', ''].join('\n')).join('');
}

/** `triggers`: the directories that each package watches, in the order of installation. */
export function triggersText(records: readonly PackageRecord[]): string {
  return records
    .filter(({ info }) => info.triggers.length > 0)
    .map(({ identity, info }) => `${[identity, ...info.triggers].join(' ')}\n`)
    .join('');
}

function indexLines({ info, arch, identity, size }: PackageRecord): readonly string[] {
  const { origin, maintainer, buildTime, commit, providerPriority } = info;
  return [
    `C:${identity}`,
    `P:${info.name}`,
    `V:${info.version}`,
    `A:${arch}`,
    `S:${size}`,
    `I:${info.installedSize}`,
    `T:${info.description}`,
    `U:${info.url}`,
    `L:${info.license}`,
    ...(origin === '' ? [] : [`o:${origin}`]),
    ...(maintainer === '' ? [] : [`m:${maintainer}`]),
    ...(buildTime === 0 ? [] : [`t:${buildTime}`]),
    ...(commit === '' ? [] : [`c:${commit}`]),
    ...(providerPriority === 0 ? [] : [`k:${providerPriority}`]),
    ...dependencyLine('D', info.depends),
    ...dependencyLine('p', info.provides),
    ...dependencyLine('i', info.installIf),
  ];
}

function ownLines({ info, tag, directories }: PackageRecord): readonly string[] {
  const lines = [
    ...dependencyLine('r', info.replaces),
    ...(info.replacesPriority === 0 ? [] : [`q:${info.replacesPriority}`]),
    ...(tag === null ? [] : [`s:${tag}`]),
  ];
  for (const [path, { acl, files }] of directories) {
    lines.push(`F:${path}`, ...aclLine('M', acl, 0o755));
    for (const [name, file] of files) {
      lines.push(`R:${name}`, ...aclLine('a', file.acl, 0o644));
      if (file.sha1 !== null) lines.push(`Z:Q1${file.sha1}`);
    }
  }
  return lines;
}

function dependencyLine(letter: string, dependencies: readonly Dependency[]): readonly string[] {
  return dependencies.length === 0 ? [] : [`${letter}:${dependencies.map(formatDependency).join(' ')}`];
}

function aclLine(letter: string, { uid, gid, mode, xattrs }: Acl, usual: number): readonly string[] {
  if (uid === 0 && gid === 0 && mode === usual && xattrs === null) return [];
  const fields = [letter, uid, gid, mode.toString(8), ...(xattrs === null ? [] : [xattrs])];
  return [fields.join(':')];
}
