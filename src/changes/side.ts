import { digestOf } from '../image/blob.ts';
import { containerConfig } from '../image/config.ts';
import type { Lock } from '../lock/lock.ts';
import type { FileFacts } from './files.ts';
import type { PackageSet } from './packages.ts';
import { type Settings, settingsOf, textOf } from './settings.ts';

/** One side of a comparison; parts that it does not hold are null. */
export interface Side {
  /** As the user wrote it. */
  readonly name: string;
  /** The family whose version order applies; null where there are no packages. */
  readonly family: string | null;
  /** One an architecture. */
  readonly packages: readonly PackageSet[];
  readonly files: FileFacts | null;
  /** The settings of a container. */
  readonly settings: Settings | null;
  /** Other settings that decide the files, which only a lock has. */
  readonly request: Settings | null;
}

/** The side that locks of one image are. */
export function sideOfLocks(name: string, locks: readonly Lock[]): Side {
  const [{ image, family }] = locks as readonly [Lock];
  return {
    name,
    family: family?.name ?? null,
    packages: locks.map(({ arch, packages }) => ({
      arch,
      packages: packages.map(({ name, version, arch, pocket, digest, size }) => {
        return { name, version, arch, pocket, digest, size };
      }),
    })),
    files: null,
    settings: settingsOf(containerConfig({ settings: image.settings, labels: {} })),
    request: requestOf(locks[0]!),
  };
}

function requestOf({ recipe, variant, pathRules, options, image }: Lock): Settings {
  const { files, accounts, additions, hooks = [], keepSecrets } = image;
  const entries: readonly (readonly [string, unknown])[] = [
    ['recipe', recipe.name],
    ['variant', variant],
    ['path rules', pathRules.length === 0 ? null : pathRules],
    ['scripts', options.scripts],
    ['local content', additions],
    ['accounts', accounts.length === 0 ? null : accounts],
    ['hooks', hooks.length === 0 ? null : hooks],
    ['private keys', keepSecrets ? 'kept' : null],
    ...files.map(({ path, content }) => [`/${path}`, digestOf(Buffer.from(content))] as const),
  ];
  return new Map(entries.filter(([, value]) => value !== null).map(([key, value]) => [key, textOf(value)]));
}
