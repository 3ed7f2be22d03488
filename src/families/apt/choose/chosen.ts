import { MkbaseError } from '../../../errors.ts';
import type { LockedPackage } from '../../../lock/lock.ts';
import type { Stanza } from '../archive/first-mention.ts';
import type { AptVersion } from './apt-version.ts';

/** A package that resolution chose, with what the index says of it. */
export interface ChosenPackage extends LockedPackage {
  /** Bytes. */
  readonly installedSize: number;
}

/**
 * The index's entry for a version that is to be fetched.
 *
 * @throws MkbaseError `signature/index-without-hash` where no digest vouches for the file,
 *   `package/index-incomplete`, `package/path-unsafe`
 */
export function describeChoice(version: AptVersion, reason: ChosenPackage['reason']): ChosenPackage {
  const { package: name, stanza, pocket, arch } = version;
  const subject = `${name.name} ${version.version}`;
  const digest = digestOf(stanza);
  if (digest === undefined) {
    throw new MkbaseError('signature/index-without-hash', `the index gives no SHA256 for \`${subject}\``, {
      hint: 'the file could not be checked; use a mirror whose indexes have SHA256 or SHA512 fields',
    });
  }
  const size = stanza.get('size') ?? '';
  if (!/^\d{1,15}$/.test(size)) {
    throw new MkbaseError('package/index-incomplete', `the index gives no size for \`${subject}\``, {
      hint: 'the index is damaged; try another mirror',
    });
  }
  return {
    name: name.name,
    version: version.version,
    arch,
    pocket,
    path: safePath(stanza.get('filename') ?? '', subject),
    size: Number(size),
    digest,
    reason,
    installedSize: (Number.parseInt(stanza.get('installed-size') ?? '', 10) || 0) * 1024,
  };
}

/** By SHA256 where there is one, as nearly everywhere: caches and bills of materials know files by it. */
function digestOf(stanza: Stanza): string | undefined {
  const digests = [
    { algorithm: 'sha256', form: /^[0-9a-f]{64}$/ },
    { algorithm: 'sha512', form: /^[0-9a-f]{128}$/ },
  ].map(({ algorithm, form }) => ({ algorithm, form, hex: stanza.get(algorithm)?.toLowerCase() ?? '' }));
  const found = digests.find(({ form, hex }) => form.test(hex));
  return found && `${found.algorithm}:${found.hex}`;
}

/**
 * Flat repositories write `./name.deb`, others a slash first, or spaces: all are read as apt reads them. A path
 * that leaves the mirror's root is an attack, not a mistake.
 */
function safePath(filename: string, subject: string): string {
  const path = filename.replace(/^(?:\.?\/+)+/, '');
  if (path === '') {
    throw new MkbaseError('package/index-incomplete', `the index gives no file name for \`${subject}\``, {
      hint: 'the index is damaged; try another mirror',
    });
  }
  if (path.split('/').includes('..') || /[\0-\x1f\x7f]|:\/\//.test(path)) {
    throw new MkbaseError(
      'package/path-unsafe',
      `the index gives \`${subject}\` the unsafe path \`${filename}\``,
      {
        hint: 'do not use this mirror',
      },
    );
  }
  return path;
}
