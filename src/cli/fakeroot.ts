/**
 * fakeroot(1) and pseudo answer for the C library; Node asks the kernel itself. Under them the one reports root and
 * the other the real owners.
 */
export function isUnderFakeroot({
  FAKEROOTKEY,
  LD_PRELOAD,
}: Readonly<Record<string, string | undefined>>): boolean {
  return FAKEROOTKEY !== undefined || /libfakeroot|libpseudo/.test(LD_PRELOAD ?? '');
}

export const BUILD_UNDER_FAKEROOT =
  'fakeroot does not reach this program, which needs no root: start it without fakeroot';

export const IMPORT_UNDER_FAKEROOT =
  'fakeroot does not reach this program: the image gets the owners that the files have on the disk; for those of fakeroot run `tar -C DIR -c . | mkbase import - TARGET` under it';
