/** What every copy of an image would share, and must not. */
import type { Tree } from './tree.ts';

interface SecretFiles {
  /** Absolute. */
  readonly directory: string;
  readonly names: RegExp;
}

/** Keys that scripts draw by chance: a base that is copied would give everyone the same private key. */
export const SECRETS: readonly SecretFiles[] = [
  { directory: '/etc/ssh', names: /^ssh_host_\w+_key(\.pub)?$/ },
  { directory: '/etc/ssl/private', names: /^ssl-cert-snakeoil\.key$/ },
  { directory: '/etc/ssl/certs', names: /^ssl-cert-snakeoil\.pem$/ },
];

/** Paths of such keys in a tree. */
export function secretsIn(tree: Tree): string[] {
  return [...tree.keys()].filter((path) => {
    const slash = path.lastIndexOf('/');
    const [directory, name] = [`/${path.slice(0, Math.max(0, slash))}`, path.slice(slash + 1)];
    return SECRETS.some((secret) => secret.directory === directory && secret.names.test(name));
  });
}
