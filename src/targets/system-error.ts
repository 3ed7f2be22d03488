import { MkbaseError } from '../errors.ts';
import { type Target, targetName } from './target.ts';

/** The system's error on the place where a base is built, as a message for people. */
export function explainSystemError(error: unknown, target: Target): unknown {
  if (error instanceof MkbaseError) return error;
  const where = target.kind === 'stdout' ? 'standard output' : `\`${targetName(target)}\``;
  switch ((error as NodeJS.ErrnoException | null)?.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new MkbaseError('target/disk-full', `no space is left to build ${where}`, {
        hint: 'free some space, or name a TARGET on another file system; `--simulate` shows the size',
        cause: error,
      });
    case 'EFBIG':
      return new MkbaseError('target/file-too-large', `a file of ${where} is larger than it may be`, {
        hint: 'raise the limit of this shell, `ulimit -f unlimited`, or name a TARGET on another file system',
        cause: error,
      });
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new MkbaseError('target/not-writable', `the system does not let ${where} be written`, {
        hint: 'name a TARGET in a directory of your own',
        cause: error,
      });
    case 'EPIPE':
      return new MkbaseError('target/closed', `whoever reads ${where} has closed it`, {
        hint: 'read the tar to its end',
        cause: error,
      });
    default:
      return error;
  }
}
