import { MkbaseError, quoted } from '../../../errors.ts';
import { normalizeEntryPath } from '../../../rootfs/tree-path.ts';

/**
 * The path of a package's entry as a Tree and the database name it, without the slash that ends a
 * directory's. Paths that apk calls malicious are refused, and so is another spelling of the same path,
 * which the database could not recognise.
 *
 * @throws MkbaseError `package/absolute-path`, `package/path-escape`, `package/newline-in-path`,
 *   `package/control-character-in-path`, `package/odd-path`
 */
export function entryPath(path: string): string {
  const normal = normalizeEntryPath(path);
  if (/[\0-\x1f\x7f]/.test(path)) {
    throw new MkbaseError(
      'package/control-character-in-path',
      `the archive has a control character in the path ${quoted(path)}`,
      { hint: 'the package is broken or hostile; do not use it' },
    );
  }
  if (normal === '' || (path !== normal && path !== `${normal}/`)) {
    throw new MkbaseError('package/odd-path', `the archive writes a path as ${quoted(path)}`, {
      hint: 'the package is broken or hostile: a path has no empty part and no `.`',
    });
  }
  return normal;
}
