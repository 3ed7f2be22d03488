import { MkbaseError } from '../errors.ts';
import { shownUrl } from '../fetch/address.ts';
import { withoutEnd } from '../formats/line-end.ts';

/**
 * An address without slashes at its end.
 *
 * @throws MkbaseError `usage/bad-mirror`
 */
export function checkedMirror(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^(https?|file|copy):$/.test(url.protocol)) {
    throw new MkbaseError('usage/bad-mirror', `\`${shownUrl(text)}\` is not the address of a mirror`, {
      hint: 'give one as in `http://ftp.debian.org/debian`',
    });
  }
  return withoutEnd(url.href, '/');
}

/** An address as it may be shown and kept: without user and password. */
export function withoutCredentials(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return withoutEnd(url.href, '/');
}

/**
 * The address of a file below a mirror. `path` is a binary string; special characters are escaped byte by
 * byte, `+` too, as in apt: a proxy may read it as a space.
 */
export function urlOf(mirror: string, path: string): string {
  const escaped = path.replace(/[^A-Za-z0-9._~/-]/g, (letter) => {
    return `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `${mirror}/${escaped}`;
}
