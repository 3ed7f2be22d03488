/** Checks across the targets of one build. */
import type { Durability } from '../durable.ts';
import { MkbaseError } from '../errors.ts';
import { replaceFile } from '../image/replace-file.ts';
import type { Lock } from '../lock/lock.ts';
import { writeLocks } from '../lock/lock-file.ts';
import { type Target, targetName } from './target.ts';

/** Reports impossible targets before any work. */
export function checkTargets(targets: readonly Target[], architectures: number): void {
  const twice = (['directory', 'stdout'] as const).find(
    (kind) => targets.filter((target) => target.kind === kind).length > 1,
  );
  if (twice !== undefined) {
    throw new MkbaseError(
      'usage/conflict',
      `two targets are a ${twice === 'stdout' ? 'tar on standard output' : twice}`,
      {
        hint: 'name one; any number of tars and images can stand beside it',
      },
    );
  }
  const single = targets.find(({ kind }) => !SEVERAL.includes(kind));
  if (architectures > 1 && single !== undefined) {
    throw new MkbaseError('target/one-architecture', `\`${targetName(single)}\` takes one architecture`, {
      hint: 'name one with `--arch`, or write several to `oci:`, `oci-archive:` or `docker://`',
    });
  }
}

/** An engine is asked whether it accepts several. */
const SEVERAL: readonly Target['kind'][] = ['oci', 'oci-archive', 'docker', 'docker-daemon'];

/** Writes the locks to the file named, or beside the first target that is a path; `false` names none. */
export async function writeLockFile(
  locks: readonly Lock[],
  targets: readonly Target[],
  { named, fsync = true }: Durability & { readonly named: string | false | null },
): Promise<string | null> {
  if (named === false) return null;
  const beside = targets.find((target): target is Target & { path: string } => 'path' in target);
  const file = named ?? (beside === undefined ? null : `${beside.path}.lock.json`);
  if (file !== null) await replaceFile(file, [Buffer.from(writeLocks(locks))], { fsync });
  return file;
}
