import { MkbaseError, restated } from '../errors.ts';
import type { LockedPackage } from '../lock/lock.ts';

/** Does something with a package so that every failure names it: those who parse bytes do not know whose. */
export async function withPackageName<Result>(
  { name, version }: Pick<LockedPackage, 'name' | 'version'>,
  act: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof MkbaseError) || error.message.includes(`\`${name}\``)) throw error;
    throw restated(error, { message: `the package \`${name}\` ${version}: ${error.message}` });
  }
}
