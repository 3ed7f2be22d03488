import { basename } from 'node:path';
import type { DebootstrapRequest, Variant } from './request.ts';

const VARIANTS: Readonly<Record<Variant, string>> = {
  '-': 'important',
  minbase: 'minbase',
  buildd: 'buildd',
};

/**
 * The command line of mkbase that asks for the same packages: one pocket, trusted as debootstrap trusts it, which
 * reads neither the dates of a Release nor what was seen before.
 */
export function mkbaseArguments(
  request: DebootstrapRequest,
  { like, directory }: { readonly like: string | null; readonly directory: string },
): string[] {
  const { suite, mirror, components, extraSuites, mergedUsr } = request;
  const shown = components.length === 0 ? ['main'] : components;
  const list = (name: string, words: readonly string[]) =>
    words.length === 0 ? [] : [`--${name}=${words.join(',')}`];
  return [
    `--variant=${VARIANTS[request.variant]}`,
    '--pockets=release',
    ...list('components', components),
    ...list('include', request.include),
    ...list('exclude', request.exclude),
    ...extraSuites.map((extra) => `--source=deb ${mirror} ${extra} ${shown.join(' ')}`),
    ...(request.arch === null ? [] : [`--arch=${request.arch}`]),
    ...(mergedUsr === null ? [] : [mergedUsr ? '--merged-usr' : '--no-merged-usr']),
    ...(mirror === null ? [] : [`--mirror=${mirror}`]),
    ...(like === null ? [] : [`--like=${like}`]),
    ...(request.keyring === null ? [] : [`--keyring=${request.keyring}`]),
    ...(request.checksSignature ? [] : ['--no-check-sig']),
    ...['--no-check-valid-until', '--no-check-date', '--no-check-rollback'],
    ...request.tls,
    ...(request.task === 'foreign' ? ['--scripts=skip'] : []),
    ...['--keep-secrets', '--lock-out=-'],
    ...['--', suite, directory],
  ];
}

/** The suite whose script it is: `/usr/share/debootstrap/scripts/sid` is that of `sid`. */
export function suiteOfScript(script: string): string {
  return basename(script).replace(/\.(buildd|minbase|fakechroot)$/, '');
}
