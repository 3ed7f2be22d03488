import type { Reference } from '../image/reference.ts';
import { exchange } from './exchange.ts';
import { RegistryError } from './failure.ts';
import type { Session } from './session.ts';

/** Docker Hub's registry is at another host than its name. */
const HUB = 'registry-1.docker.io';

/**
 * Where the API of a registry is: `https://HOST/`, or http with `--plain-http`. A registry on this
 * machine is asked which of the two it speaks, as docker does.
 */
export async function endpointOf({ domain }: Reference, session: Session): Promise<URL> {
  const host = domain === 'docker.io' ? HUB : domain;
  if (session.plainHttp) return new URL(`http://${host}/`);
  const secure = new URL(`https://${host}/`);
  if (!isLoopback(secure.hostname)) return secure;
  const task = `reach the registry \`${domain}\``;
  try {
    const answer = await exchange({ method: 'GET', url: new URL('v2/', secure), task }, null, session);
    await answer.discard();
    return secure;
  } catch (error) {
    // An untrusted certificate must not lead to plain HTTP.
    if (!(error instanceof RegistryError) || error.code === 'registry/tls') throw error;
    return new URL(`http://${host}/`);
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
