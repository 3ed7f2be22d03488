import { MkbaseError, quoted } from '../../../errors.ts';
import type { ApkPackage } from '../package/apk-package.ts';
import { type Dependency, parseDependencies } from './dependency.ts';
import { isVersion } from './version.ts';

/** The names that apk-tools 3 accepts; with its version a name becomes the name of a file. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9+_.-]{0,127}$/;

/** A package's `.PKGINFO`: an index has all but the last four. */
export interface PkgInfo extends Omit<ApkPackage, 'identity' | 'size' | 'unusable'> {
  /** Packages whose files this one may take over. */
  readonly replaces: readonly Dependency[];
  /** Which of two packages that replace each other keeps a file: the higher one. */
  readonly replacesPriority: number;
  /** Globs of directories whose change runs the trigger script. */
  readonly triggers: readonly string[];
  /** sha256, lower-case hex, of the compressed data member. */
  readonly datahash: string;
}

/**
 * Reads `.PKGINFO`, apk-package(5): lines `key = value`, and comments after `#`. The last line of a key
 * with a single value counts, as in apk.
 *
 * @throws MkbaseError `package/bad-control`
 */
export function readPkgInfo(text: string): PkgInfo {
  const lines = readLines(text);
  const last = (key: string) => lines.findLast((line) => line.key === key)?.value ?? '';
  const tokens = (key: string) => {
    const found = parseDependencies(valuesOf(lines, key).join(' '));
    if (found === null) throw badControl(`has a malformed \`${key}\``);
    return found;
  };
  for (const key of ['pkgname', 'pkgver', 'arch', 'datahash']) {
    if (last(key) === '') throw badControl(`has no \`${key}\``);
  }
  const [name, version, arch] = [last('pkgname'), last('pkgver'), last('arch')];
  if (!NAME.test(name)) throw badControl(`has the name ${quoted(name)}`);
  if (!isVersion(version)) throw badControl(`has the version ${quoted(version)}`);
  if (!NAME.test(arch)) throw badControl(`is for the architecture ${quoted(arch)}`);
  return {
    name,
    version,
    arch,
    installedSize: number(last('size')),
    description: last('pkgdesc'),
    url: last('url'),
    license: last('license'),
    origin: last('origin'),
    maintainer: last('maintainer'),
    buildTime: number(last('builddate')),
    commit: last('commit'),
    providerPriority: number(last('provider_priority')),
    depends: tokens('depend'),
    provides: tokens('provides'),
    installIf: tokens('install_if'),
    replaces: tokens('replaces'),
    replacesPriority: number(last('replaces_priority')),
    triggers: last('triggers').split(' ').filter(Boolean),
    datahash: last('datahash'),
  };
}

interface Line {
  readonly key: string;
  readonly value: string;
}

function readLines(text: string): readonly Line[] {
  return text.split('\n').flatMap((line) => {
    const at = line.indexOf(' = ');
    return at < 0 || line.startsWith('#') ? [] : [{ key: line.slice(0, at), value: line.slice(at + 3) }];
  });
}

function valuesOf(lines: readonly Line[], wanted: string): readonly string[] {
  return lines.flatMap(({ key, value }) => (key === wanted ? [value] : []));
}

/** 0 where there are no leading digits, as in an index. */
function number(value: string): number {
  return Math.min(Number.parseInt(value, 10) || 0, Number.MAX_SAFE_INTEGER);
}

function badControl(what: string): MkbaseError {
  return new MkbaseError('package/bad-control', `the file \`.PKGINFO\` ${what}`, {
    hint: 'report it to the maker of the package',
  });
}
