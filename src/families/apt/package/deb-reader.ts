/** The module that an unpacking worker loads to open packages of this family. */
import type { PackageReader } from '../../../rootfs/package-file.ts';
import { readDeb } from './deb.ts';

export const readPackage: PackageReader['readPackage'] = (bytes, plain) => readDeb(bytes, undefined, plain);

/** dpkg has no notion of them. */
export const attributes = 'ignored';
