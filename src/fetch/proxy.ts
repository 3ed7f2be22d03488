import { MkbaseError } from '../errors.ts';
import { shownUrl } from './address.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL as curl(1) and apt read it from the environment: `http_proxy`, `https_proxy`,
 * `all_proxy` and `no_proxy`, in small letters first, then in capitals. Null means a direct connection.
 *
 * @throws usage/proxy where it is no http or https address
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

/** `no_proxy`: names separated by commas or blanks; each covers its subdomains; a port may follow; `*` is all. */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '*') return true;
    const [, name = '', entryPort] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    const domain = name.replace(/^\*?\./, '');
    if (domain === '' || (entryPort !== undefined && entryPort !== port)) return false;
    return host === domain || host.endsWith(`.${domain}`);
  });
}

function variable(env: Environment, name: string): string {
  return (env[name] ?? env[name.toUpperCase()] ?? '').trim();
}
