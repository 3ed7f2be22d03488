import { createHash } from 'node:crypto';
import { MkbaseError } from '../errors.ts';
import { type GzipMember, readGzipMember } from './gzip-members.ts';
import { readTar } from './tar.ts';

/** Scripts and the description: the largest of Alpine has some hundred kilobytes. */
const CONTROL_LIMIT = 64 * 2 ** 20;

/**
 * apk's identity of a package of format 2, `C:` in its index: the SHA-1, in hex, of the control member as it
 * is packed. The control member holds the SHA-256 of the data member, so both are checked; the signature
 * member is of no account. Null where the bytes are no package, or its data are others than it says.
 */
export function apkIdentity(bytes: Buffer): string | null {
  const control = controlMember(bytes);
  if (control === null) return null;
  const data = bytes.subarray(control.end);
  const info = control.content.toString('latin1');
  const dataHash = /^datahash = ([0-9a-f]{64})$/m.exec(info)?.[1];
  if (dataHash === undefined || createHash('sha256').update(data).digest('hex') !== dataHash) return null;
  return createHash('sha1').update(control.packed).digest('hex');
}

/** The first member that is no signature, with its `.PKGINFO` and where it ends. */
function controlMember(bytes: Buffer): { packed: Buffer; content: Buffer; end: number } | null {
  try {
    let end = 0;
    for (;;) {
      const { packed, content }: GzipMember = readGzipMember(bytes, end, CONTROL_LIMIT);
      end += packed.length;
      const [first] = readTar(content);
      if (first?.path === '.PKGINFO') return { packed, content: first.body, end };
      if (!first?.path.startsWith('.SIGN.')) return null;
    }
  } catch (error) {
    if (error instanceof MkbaseError) return null;
    throw error;
  }
}
