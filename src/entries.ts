/** Where the processes and threads of mkbase begin. */

/** The module that each runs, below `src`. */
export const ENTRIES = {
  host: 'cli/host.js',
  /** One image of `mkbase refresh`. */
  image: 'refresh/image-process.js',
  builder: 'staging/builder-child.js',
  guest: 'sandbox/guest.js',
  unpacker: 'staging/unpacker.js',
  /** Reads a directory in a user namespace for `mkbase import`. */
  reader: 'import/mapped-child.js',
} as const;

export type EntryName = keyof typeof ENTRIES;

/** Those so large that V8 keeps their code compiled; the others are compiled sooner than that is checked. */
export const CACHED: readonly EntryName[] = ['host', 'image', 'builder', 'unpacker'];

/** Set where modules are bundled (scripts/bundle.ts). */
declare const BUNDLED: true | undefined;

/** The file that Node runs for it: a module here, and a bundle of modules where this one is in a bundle. */
export function entryOf(name: EntryName): URL {
  const file = typeof BUNDLED === 'undefined' ? ENTRIES[name] : `../bundles/${name}.cjs`;
  return new URL(file, import.meta.url);
}
