import type { SeedFile } from '../../family.ts';
import type { ApkKey } from '../archive/signature.ts';
import { type Dependency, formatDependency } from '../package/dependency.ts';

export interface SeedOptions {
  readonly arch: string;
  /** In apk's order. */
  readonly world: readonly Dependency[];
  /** Addresses of repositories, in order. */
  readonly repositories: readonly string[];
  /** Keys that apk in the image is to trust beside those of its packages. */
  readonly keys: readonly ApkKey[];
}

/** The files of `etc/apk`, as `apk add` and Alpine's official image write them. */
export function seedFiles({ arch, world, repositories, keys }: SeedOptions): SeedFile[] {
  const lines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('');
  return [
    file('etc/apk/arch', lines([arch])),
    ...keys.map(({ name, key }) => file(`etc/apk/keys/${name}`, pem(key))),
    file('etc/apk/repositories', lines(repositories)),
    file('etc/apk/world', lines(world.map(formatDependency))),
  ];
}

function pem(key: ApkKey['key']): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function file(path: string, content: string): SeedFile {
  return { path, mode: 0o644, content };
}
