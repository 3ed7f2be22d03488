import { MkbaseError } from '../../errors.ts';
import { didYouMean, nearest } from '../../nearest.ts';
import type { Package, Request } from '../../resolve/universe.ts';
import type { AptVersion } from './apt-version.ts';
import type { AptUniverse } from './universe.ts';

/** An entry of `--include`: `name`, `name:arch`, `name=version` or `name/suite`. */
const ENTRY = /^(?<name>[^\s=/:]+)(?::(?<arch>[^\s=/:]+))?(?:=(?<version>[^\s/]+)|\/(?<pocket>[^\s=/]+))?$/;

/**
 * The version that an entry of `--include` asks for. As with apt, the name of something that a single
 * package provides means that package.
 *
 * @throws MkbaseError `usage/include-malformed`, `resolution/unknown-package`, `resolution/virtual-package`
 */
export function readInclude(
  universe: AptUniverse,
  { entry, arch, by }: { entry: string; arch: string; by: Request['by'] },
): Request {
  const parts = ENTRY.exec(entry)?.groups;
  if (parts?.name === undefined) {
    throw new MkbaseError('usage/include-malformed', `cannot read \`${entry}\` of \`--include\``, {
      hint: 'write `name`, `name=version`, `name/suite` or `name:arch`',
    });
  }
  if (parts.arch !== undefined && ![arch, 'native', 'any', 'all'].includes(parts.arch)) {
    throw unknown(entry, {
      message: `\`${entry}\` is of another architecture than \`${arch}\``,
      hint: 'leave the architecture out',
    });
  }
  const name = universe.find(parts.name);
  if (name.versions.length === 0) return requestProvider(universe, { name, by });
  const version = pick(universe.versionsOf(parts.name), { version: parts.version, pocket: parts.pocket });
  if (version === null) throw noSuchVersion(name, entry);
  return { package: name, version, by };
}

function pick(
  versions: readonly AptVersion[],
  wanted: { version: string | undefined; pocket: string | undefined },
): AptVersion | null {
  if (wanted.version !== undefined) return versions.find(({ version }) => version === wanted.version) ?? null;
  const { pocket } = wanted;
  if (pocket !== undefined) return versions.find(({ source }) => source.names.includes(pocket)) ?? null;
  return (versions[0]?.package.candidate as AptVersion | null | undefined) ?? null;
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
