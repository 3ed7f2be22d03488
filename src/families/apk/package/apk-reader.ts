/** The module that an unpacking worker loads to open packages of this family. */
export { readApk as readPackage } from './apk-file.ts';

export const attributes = 'kept';
