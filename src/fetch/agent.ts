import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import tls, { type SecureContext } from 'node:tls';
import { systemAuthorities } from './authorities.ts';
import { proxyFor } from './proxy.ts';

export interface AgentOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Idle connections kept to each host. */
  readonly connections: number;
  /** Milliseconds until a connection must stand. */
  readonly connectTimeout: number;
  readonly tls?: TlsSettings;
}

/** PEM texts for https. */
export interface TlsSettings {
  /** The client certificate. */
  readonly certificate: string | null;
  readonly privateKey: string | null;
  /** Authorities to trust beside the usual ones, which are Node's and this machine's. */
  readonly authorities: string | null;
}

/** How a request travels: the agent holds the connections, `proxy` is null for a direct one. */
export interface Route {
  readonly agent: HttpAgent;
  readonly proxy: URL | null;
}

/** Finds the agent for a URL; connections are kept alive and shared by all requests that go the same way. */
export function createAgents(options: AgentOptions): (url: URL) => Promise<Route> {
  const usual = { keepAlive: true, maxFreeSockets: options.connections };
  let secured: Promise<Settings> | null = null;
  const settingsFor = async ({ protocol }: URL): Promise<Settings> => {
    if (protocol !== 'https:') return usual;
    secured ??= secureContext(options).then((context) => ({ ...usual, ...context }));
    return secured;
  };
  const agentFor = async (url: URL, proxy: URL | null): Promise<HttpAgent> => {
    const settings = await settingsFor(url);
    return proxy === null ? directAgent(url, settings, options) : proxyAgent(url, proxy, settings);
  };
  const agents = new Map<string, Promise<HttpAgent>>();
  return async (url) => {
    const proxy = proxyFor(url, options.env);
    const key = `${url.protocol} ${proxy?.href ?? ''}`;
    const agent = agents.get(key) ?? agentFor(url, proxy);
    agents.set(key, agent);
    return { agent: await agent, proxy };
  };
}

interface Settings {
  readonly keepAlive: boolean;
  readonly maxFreeSockets: number;
  readonly secureContext?: SecureContext;
}

/** Made once: reading the authorities takes longer than a connection. */
async function secureContext({ env, tls: own }: AgentOptions): Promise<Pick<Settings, 'secureContext'>> {
  const { certificate = null, privateKey = null, authorities = null } = own ?? {};
  const others = [...(await systemAuthorities(env)), ...(authorities === null ? [] : [authorities])];
  if (certificate === null && privateKey === null && others.length === 0) return {};
  const secureContext = tls.createSecureContext({
    ...(certificate !== null && { cert: certificate }),
    ...(privateKey !== null && { key: privateKey }),
    // `ca` replaces the built-in list.
    ...(others.length > 0 && { ca: [...tls.rootCertificates, ...others] }),
  });
  return { secureContext };
}

function directAgent(url: URL, settings: Settings, options: AgentOptions): HttpAgent {
  const agent = url.protocol === 'https:' ? new HttpsAgent(settings) : new HttpAgent(settings);
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (to, done) => {
    const socket = connect(to, done) as Socket;
    limitConnecting(socket, options.connectTimeout);
    return socket;
  };
  return agent;
}

/** Loaded only where a proxy is set: both cost start-up time. */
async function proxyAgent(url: URL, proxy: URL, settings: Settings): Promise<HttpAgent> {
  if (url.protocol === 'https:') {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(proxy, settings);
  }
  const { HttpProxyAgent } = await import('http-proxy-agent');
  return new HttpProxyAgent(proxy, settings);
}

/** Without this the kernel tries for two minutes, and a dead mirror costs all of them. */
function limitConnecting(socket: Socket, milliseconds: number): void {
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error('the connection timed out'), { code: 'ETIMEDOUT' }));
  }, milliseconds);
  const stop = (): void => clearTimeout(timer);
  socket.once('connect', stop).once('close', stop);
}
