/**
 * Packages as apt-get(8) takes them for `--include`: `name`, `name=version`, `name/suite`, `name:arch`, `task^`; by
 * their names for `--exclude`. A name has at least two characters, deb-control(5), Package.
 *
 * @returns a hint where it is none of these
 */
export function nameFault(option: 'include' | 'exclude', entry: string): string | null {
  if (option === 'exclude') return isName(entry) ? null : NAMES;
  if (/[?$()|[]|^[\^~]/.test(entry)) {
    return 'name the packages: regular expressions and patterns of apt are not taken';
  }
  const match = /^([^:=/^]+)(?:\^|(?::[a-z0-9-]+)?(?:=[A-Za-z0-9.+:~-]+\*?|\/[A-Za-z0-9._+-]+)?)$/.exec(
    entry,
  );
  return match !== null && isName(match[1]!) ? null : NAMES;
}

const NAMES = 'name packages as the archive does, between commas: `--include=apt,man-db`';

function isName(text: string): boolean {
  return /^[a-z0-9][a-z0-9+.-]+$/.test(text);
}
