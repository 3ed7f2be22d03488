import { readFile } from 'node:fs/promises';
import type { Job } from '../../../job.ts';
import type { Plan } from '../../family.ts';
import { type ApkKey, verifyMember } from '../archive/signature.ts';
import { readApkHead } from '../package/apk-file.ts';

/**
 * Holds each package to its own signature, where that is asked for: the index vouches for it already, by
 * its identity, and apk looks at no more.
 *
 * @param keys null: signatures are not checked
 */
export function packageCheck(
  { checkPackages }: Job,
  keys: readonly ApkKey[] | null,
): Pick<Plan, 'checkPackage'> {
  if (!checkPackages || keys === null) return {};
  return {
    async checkPackage(file, name) {
      const { signatures, signed } = readApkHead(await readFile(file));
      verifyMember({ signatures, signed, what: `the package \`${name}\`` }, keys);
    },
  };
}
