/**
 * Packages as apk's world has them.
 *
 * @returns a hint where an entry is none of these
 */
export function nameFault(_option: 'include' | 'exclude', entry: string): string | null {
  if (/^!?[A-Za-z0-9_][A-Za-z0-9_.:+@<>=~/-]*$/.test(entry)) return null;
  return 'name packages as apk does, between commas: `--include=curl,musl>=1.2`';
}
