/** What an unpacking worker loads to open packages of this family. */
export { readDeb as readPackage, readDebControl as readControl } from './deb.ts';
