import { checkTrigger } from '../package/names.ts';

/** Triggers of packages, deb-triggers(5), and dpkg's database of them in `/var/lib/dpkg/triggers`. */
export interface Interest {
  /** A path, for a file trigger, or the name of an explicit one. */
  readonly trigger: string;
  readonly await: boolean;
}

/**
 * The `interest` directives of a package's `triggers` file.
 *
 * @throws MkbaseError `package/bad-name`
 */
export function readInterests(triggers: string): readonly Interest[] {
  return triggers.split('\n').flatMap((line) => {
    const parts = /^\s*interest(-await|-noawait)?\s+(\S+)\s*$/.exec(line.replace(/#.*/, ''));
    if (parts === null) return [];
    const [, kind, trigger = ''] = parts;
    checkTrigger(trigger);
    return [{ trigger, await: kind !== '-noawait' }];
  });
}

/** Lines of `triggers/File` by the path that is watched, and of each named trigger's file. */
export type TriggerFiles = ReadonlyMap<string, string>;

/**
 * The files of `/var/lib/dpkg/triggers`, by name, after `packages` were unpacked. `before` gives what a
 * file holds already.
 */
export function addInterests(
  packages: readonly { readonly infoName: string; readonly interests: readonly Interest[] }[],
  before: (name: string) => string,
): TriggerFiles {
  const files = new Map<string, string>();
  for (const { infoName, interests } of packages) {
    for (const interest of interests) {
      const flag = interest.await ? '' : '/noawait';
      const isPath = interest.trigger.startsWith('/');
      const name = isPath ? 'File' : interest.trigger;
      const line = isPath ? `${interest.trigger} ${infoName}${flag}\n` : `${infoName}${flag}\n`;
      files.set(name, (files.get(name) ?? before(name)) + line);
    }
  }
  return files;
}

/**
 * The file triggers that new paths set off, as lines for `triggers/Unincorp`: dpkg takes them up when it
 * next runs. No package waits for them (`-`), since all are processed in that run.
 *
 * @param file text of `triggers/File`
 * @param paths as the packages name them, with the leading slash
 */
export function activations(file: string, paths: Iterable<string>): string {
  const watched = new Set(
    file
      .split('\n')
      .map((line) => line.slice(0, line.lastIndexOf(' ')))
      .filter((path) => path !== ''),
  );
  if (watched.size === 0) return '';
  const hit = new Set<string>();
  for (const path of paths) {
    for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
      const above = path.slice(0, at);
      if (watched.has(above)) hit.add(above);
    }
  }
  return Array.from(hit, (path) => `${path} -\n`).join('');
}
