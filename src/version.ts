import { readFileSync } from 'node:fs';

/** mkbase's own, as in package.json. */
export function programVersion(): string {
  // From dist/src, where this module runs.
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

let build: string | undefined;

/** sha256 of the compiled program, hex: the results of another build of the same version may differ. */
export function programBuild(): string {
  build ??= readFileSync(new URL('../build-id', import.meta.url), 'latin1');
  return build;
}
