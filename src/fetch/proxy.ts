import { BlockList, isIP } from 'node:net';
import { MkbaseError } from '../errors.ts';
import { shownUrl } from './address.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL as curl(1) and apt read it from the environment: `http_proxy`, `https_proxy`,
 * `all_proxy` and `no_proxy`, in small letters first, then in capitals. Null means a direct connection.
 *
 * @throws usage/proxy for anything but an http or https address
 */
export function proxyFor(url: URL, env: Environment): URL | null {
  const value = variable(env, `${url.protocol.slice(0, -1)}_proxy`) || variable(env, 'all_proxy');
  if (value === '' || isExempt(url, variable(env, 'no_proxy'))) return null;
  const text = value.includes('://') ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : null;
  if (proxy === null || (proxy.protocol !== 'http:' && proxy.protocol !== 'https:')) {
    throw new MkbaseError(
      'usage/proxy',
      `cannot use the proxy \`${shownUrl(text)}\`: not an http or https address`,
      {
        hint: 'set http_proxy and https_proxy as in http://proxy.example.org:3128',
      },
    );
  }
  return proxy;
}

/**
 * `no_proxy`: names, addresses and networks (`10.0.0.0/8`) separated by commas or blanks, as curl and Go's
 * programs read it. A name covers its subdomains, a port may follow a name or an address, `*` is all.
 */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((text) => {
    const entry = text.toLowerCase();
    if (entry === '*') return true;
    // A bare IPv6 address has colons of its own.
    const [, name = '', entryPort] =
      isIP(entry) === 6 ? [entry, entry] : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? []);
    if (entryPort !== undefined && entryPort !== port) return false;
    return isIP(host) === 0 ? isBelow(host, name) : isWithin(host, name.replace(/^\[|\]$/g, ''));
  });
}

function isBelow(host: string, name: string): boolean {
  const domain = name.replace(/^\*?\./, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

/** Whether an address is another, in whatever spelling, or in a network. */
function isWithin(host: string, name: string): boolean {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(name) ?? [];
  const [version, most] = isIP(address) === 6 ? (['ipv6', 128] as const) : (['ipv4', 32] as const);
  const length = Number(bits ?? most);
  if (isIP(address) === 0 || length > most) return false;
  const network = new BlockList();
  network.addSubnet(address, length, version);
  return network.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}

function variable(env: Environment, name: string): string {
  return (env[name] ?? env[name.toUpperCase()] ?? '').trim();
}
