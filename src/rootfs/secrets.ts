/** Secrets that every copy of an image would share, and must not. */
import type { Tree } from './tree.ts';

interface SecretFiles {
  /** Absolute. */
  readonly directory: string;
  readonly names: RegExp;
}

/**
 * Keys, and names of the one machine, that scripts draw by chance: a base that is copied would give everyone
 * the same. Found by building bases of some hundred services twice.
 */
export const SECRETS: readonly SecretFiles[] = [
  { directory: '/etc/bind', names: /^rndc\.key$/ },
  { directory: '/etc/dropbear', names: /^dropbear_\w+_host_key$/ },
  { directory: '/etc/dropbear/initramfs', names: /^dropbear_\w+_host_key$/ },
  { directory: '/etc/ejabberd', names: /^ejabberd\.pem$/ },
  { directory: '/etc/iscsi', names: /^initiatorname\.iscsi$/ },
  { directory: '/etc/munge', names: /^munge\.key$/ },
  { directory: '/etc/nsd', names: /^nsd_(control|server)\.(key|pem)$/ },
  { directory: '/etc/nvme', names: /^host(id|nqn)$/ },
  { directory: '/etc/pacemaker', names: /^authkey$/ },
  { directory: '/etc/ssh', names: /^ssh_host_\w+_key(\.pub)?$/ },
  { directory: '/etc/ssl/certs', names: /^ssl-cert-snakeoil\.pem$/ },
  { directory: '/etc/ssl/private', names: /^ssl-cert-snakeoil\.key$/ },
  { directory: '/etc/xrdp', names: /^rsakeys\.ini$/ },
  { directory: '/var/lib/certmonger/local', names: /^creds$/ },
  { directory: '/var/lib/ejabberd', names: /^\.erlang\.cookie$/ },
  { directory: '/var/lib/rabbitmq', names: /^\.erlang\.cookie$/ },
];

/** Paths of such files in a tree, and of links beside them that lead there. */
export function secretsIn(tree: Tree): string[] {
  return [...tree].flatMap(([path, entry]) => {
    const slash = path.lastIndexOf('/');
    const [directory, name] = [`/${path.slice(0, Math.max(0, slash))}`, path.slice(slash + 1)];
    const secret = SECRETS.find((secret) => secret.directory === directory);
    const leads = entry.type === 'symlink' && secret?.names.test(entry.target);
    return leads || secret?.names.test(name) ? [path] : [];
  });
}
