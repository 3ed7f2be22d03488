import { resolve } from 'node:path';
import type { RegistrySettings } from '../registry/session.ts';
import type { Flags } from './options.ts';
import { bytes } from './values.ts';

/** The registry settings of the options. */
export function registrySettings(flags: Flags, cwd: string): RegistrySettings {
  const { authfile, 'chunk-size': chunkSize } = flags;
  return {
    plainHttp: flags['plain-http'],
    authFile: authfile === null ? null : resolve(cwd, authfile),
    chunkSize: chunkSize === null ? null : bytes('chunk-size', chunkSize),
  };
}
