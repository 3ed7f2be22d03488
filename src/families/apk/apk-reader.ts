/** What an unpacking worker loads to open packages of this family. */
export { readApk as readPackage, readApkControl as readControl } from './apk-file.ts';
