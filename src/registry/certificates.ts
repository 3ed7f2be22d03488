import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MkbaseError, reasonOf } from '../errors.ts';
import { type AgentOptions, createAgents, type Route, type TlsSettings } from '../fetch/agent.ts';

/**
 * Finds the agent for a URL as createAgents does; a registry that has certificates of its own on this
 * machine, containers-certs.d(5), gets an agent that knows them.
 */
export function registryRoutes(options: Omit<AgentOptions, 'tls'>): (url: URL) => Promise<Route> {
  const usual = createAgents(options);
  const own = new Map<string, Promise<typeof usual>>();
  const agentsOf = async (host: string) => {
    const found = await findCertificates(host, certificateFolders(options.env));
    if (found === null) return usual;
    const agents = createAgents({ ...options, tls: found.settings });
    return (url: URL) =>
      agents(url).catch((error: unknown) => {
        throw error instanceof MkbaseError ? error : unusable(found.folder, reasonOf(error), error);
      });
  };
  return async (url) => {
    if (url.protocol !== 'https:') return usual(url);
    const agents = own.get(url.host) ?? agentsOf(url.host);
    own.set(url.host, agents);
    return (await agents)(url);
  };
}

/** Where podman, skopeo and docker look, the user's first. */
export function certificateFolders(env: AgentOptions['env']): string[] {
  const config = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return [join(config, 'containers/certs.d'), '/etc/containers/certs.d', '/etc/docker/certs.d'];
}

/** From the first folder that has one for the host: `*.crt` to trust, and `*.cert` with its `*.key` to show. */
export async function findCertificates(
  host: string,
  folders: readonly string[],
): Promise<{ readonly folder: string; readonly settings: TlsSettings } | null> {
  for (const parent of folders) {
    const folder = join(parent, host);
    const names = (await readdir(folder).catch(() => [])).sort();
    const authorities = names.filter((name) => name.endsWith('.crt'));
    const certificate = names.find((name) => name.endsWith('.cert'));
    if (authorities.length === 0 && certificate === undefined) continue;
    const read = (name: string) => {
      return readFile(join(folder, name), 'utf8').catch((error: unknown) => {
        throw unusable(folder, reasonOf(error), error);
      });
    };
    const [own, key] =
      certificate === undefined
        ? [null, null]
        : await Promise.all([read(certificate), read(certificate.replace(/cert$/, 'key'))]);
    const trusted = (await Promise.all(authorities.map(read))).join('\n');
    const settings = { certificate: own, privateKey: key, authorities: trusted === '' ? null : trusted };
    return { folder, settings };
  }
  return null;
}

function unusable(folder: string, reason: string, cause: unknown): MkbaseError {
  return new MkbaseError('registry/certificates', `cannot use the certificates in \`${folder}\`: ${reason}`, {
    hint: 'it holds PEM files: `*.crt` of authorities, and `*.cert` with a `*.key` of the same name for a client',
    cause,
  });
}
