import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import tls, { type SecureContext } from 'node:tls';
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
  /** Who this user is. */
  readonly certificate: string | null;
  readonly privateKey: string | null;
  /** Whom to trust beside the usual authorities. */
  readonly authorities: string | null;
}

/** How a request travels: the agent holds the connections, `proxy` is null for a direct one. */
export interface Route {
  readonly agent: HttpAgent;
  readonly proxy: URL | null;
}

/** Finds the agent for a URL; connections are kept alive and shared by all requests that go the same way. */
export function createAgents(options: AgentOptions): (url: URL) => Promise<Route> {
  const settings = { keepAlive: true, maxFreeSockets: options.connections, ...secured(options.tls) };
  const agents = new Map<string, Promise<HttpAgent>>();
  return async (url) => {
    const proxy = proxyFor(url, options.env);
    const key = `${url.protocol} ${proxy?.href ?? ''}`;
    let agent = agents.get(key);
    if (agent === undefined) {
      agent = proxy === null ? directAgent(url, settings, options) : proxyAgent(url, proxy, settings);
      agents.set(key, agent);
    }
    return { agent: await agent, proxy };
  };
}

interface Settings {
  readonly keepAlive: boolean;
  readonly maxFreeSockets: number;
  readonly secureContext?: SecureContext;
}

/** Made once: reading the authorities takes longer than a connection. */
function secured(settings: TlsSettings | undefined): Pick<Settings, 'secureContext'> {
  if (settings === undefined || Object.values(settings).every((text) => text === null)) return {};
  const { certificate, privateKey, authorities } = settings;
  const secureContext = tls.createSecureContext({
    ...(certificate !== null && { cert: certificate }),
    ...(privateKey !== null && { key: privateKey }),
    // What is given replaces the built-in list.
    ...(authorities !== null && { ca: [...tls.rootCertificates, authorities] }),
  });
  return { secureContext };
}

async function directAgent(url: URL, settings: Settings, options: AgentOptions): Promise<HttpAgent> {
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
