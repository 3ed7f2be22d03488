import { MkbaseError } from '../../../errors.ts';
import { didYouMean, nearest } from '../../../nearest.ts';
import type { Package, Request } from '../../../resolve/universe.ts';
import type { AptVersion } from './apt-version.ts';
import type { AptUniverse } from './universe.ts';

/** An entry of `--include`: `name`, `name:arch`, `name=version`, `name/suite` or `task^`. */
const ENTRY =
  /^(?<name>[^\s=/:^]+)(?:(?<task>\^)|(?::(?<arch>[^\s=/:]+))?(?:=(?<version>[^\s/]+)|\/(?<pocket>[^\s=/]+))?)$/;

/** The requests of one entry of `--include`. */
export interface Included {
  readonly requests: readonly Request[];
  /** The suite from which what the packages need is taken as well; null where none was named. */
  readonly suite: string | null;
}

/**
 * The versions that an entry of `--include` asks for: one, but for a task. As with apt, the name of something that
 * a single package provides means that package, and a version that ends in `*` is the beginning of one.
 *
 * @throws MkbaseError `usage/include-malformed`, `resolution/unknown-package`, `resolution/virtual-package`
 */
export function readInclude(
  universe: AptUniverse,
  { entry, arch, by }: { entry: string; arch: string; by: Request['by'] },
): Included {
  const parts = ENTRY.exec(entry)?.groups;
  if (parts?.name === undefined) {
    throw new MkbaseError('usage/include-malformed', `cannot read \`${entry}\` of \`--include\``, {
      hint: 'write `name`, `name=version`, `name/suite`, `name:arch` or `task^`',
    });
  }
  if (parts.arch !== undefined && ![arch, 'native', 'any', 'all'].includes(parts.arch)) {
    throw unknown(entry, {
      message: `\`${entry}\` is of another architecture than \`${arch}\``,
      hint: 'leave the architecture out',
    });
  }
  if (parts.task !== undefined)
    return { requests: requestTask(universe, { task: parts.name, by }), suite: null };
  const name = universe.find(parts.name);
  const suite = parts.pocket ?? null;
  if (name.versions.length === 0) return { requests: [requestProvider(universe, { name, by })], suite };
  const version = pick(universe.versionsOf(parts.name), { version: parts.version, pocket: parts.pocket });
  if (version === null) throw noSuchVersion(name, entry);
  return { requests: [{ package: name, version, by }], suite };
}

function pick(
  versions: readonly AptVersion[],
  wanted: { version: string | undefined; pocket: string | undefined },
): AptVersion | null {
  if (wanted.version !== undefined) return versions.find(isVersion(wanted.version)) ?? null;
  const { pocket } = wanted;
  if (pocket !== undefined) return versions.find(({ source }) => source.names.includes(pocket)) ?? null;
  return (versions[0]?.package.candidate as AptVersion | null | undefined) ?? null;
}

function isVersion(wanted: string): (version: AptVersion) => boolean {
  if (!wanted.endsWith('*')) return ({ version }) => version === wanted;
  const beginning = wanted.slice(0, -1);
  return ({ version }) => version.startsWith(beginning);
}

/** apt-get(8): the packages whose field `Task` names it. */
function requestTask(
  universe: AptUniverse,
  { task, by }: { task: string; by: Request['by'] },
): readonly Request[] {
  const requests = universe.membersOf(task).flatMap(({ package: name }) => {
    const { candidate } = name;
    return candidate === null ? [] : [{ package: name, version: candidate, by }];
  });
  if (requests.length > 0) return requests;
  throw unknown(`${task}^`, {
    message: `no package is part of the task \`${task}\``,
    hint: 'tasks are named by the field `Task` of packages: `standard`, `ssh-server`, `web-server`',
  });
}

function requestProvider(universe: AptUniverse, { name, by }: { name: Package; by: Request['by'] }): Request {
  const providers = new Map(
    name.provisions
      .filter(({ owner }) => owner.package.candidate === owner)
      .map(({ owner }) => [owner.package.name, owner]),
  );
  const [only] = providers.values();
  if (only !== undefined && providers.size === 1) return { package: only.package, version: only, by };
  if (only !== undefined) {
    const names = [...providers.keys()].sort();
    throw new MkbaseError('resolution/virtual-package', `\`${name.name}\` is provided by several packages`, {
      hint: `include one of them instead: ${list(names)}`,
      data: { name: name.name, providers: names },
    });
  }
  const hint =
    didYouMean(name.name, universe.names()) ?? 'it may be of a component or suite that is not enabled';
  const near = nearest(name.name, universe.names());
  throw unknown(name.name, { message: `there is no package \`${name.name}\``, hint, near });
}

function noSuchVersion(name: Package, entry: string): MkbaseError {
  const there = name.versions.map(({ version, pocket }) => `${version} (${pocket})`);
  return unknown(name.name, {
    message: `there is no package \`${entry}\``,
    hint: `there is: ${there.join(', ')}`,
  });
}

function unknown(
  name: string,
  { message, hint, near = [] }: { message: string; hint: string; near?: readonly string[] },
): MkbaseError {
  return new MkbaseError('resolution/unknown-package', message, { hint, data: { name, near } });
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
