import type { Fetched, Http } from '../fetch/http.ts';

/**
 * An Http that asks for a small file once: images of one suite are all made from the same index, and so
 * from the same state of the mirror.
 */
export function rememberingHttp(http: Http): Http {
  const known = new Map<string, Promise<Fetched>>();
  return {
    ...http,
    fetch(urls, options) {
      const name = urls.join(' ');
      const fetched = known.get(name) ?? http.fetch(urls, options);
      known.set(name, fetched);
      return fetched;
    },
  };
}
