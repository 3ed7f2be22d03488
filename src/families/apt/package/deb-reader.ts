/** The module that an unpacking worker loads to open packages of this family. */
export { readDeb as readPackage } from './deb.ts';

/** dpkg has no notion of them. */
export const attributes = 'ignored';
