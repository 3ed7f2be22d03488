import { Response } from 'node-fetch';
import { expect, test } from 'vitest';
import { nextAddress } from '../../src/fetch/redirect.ts';

test.each([
  [302, '/other', 'http://m.org/other secret'],
  [308, 'http://m.org:80/other', 'http://m.org/other secret'],
  [301, 'http://m.org:8080/other', 'http://m.org:8080/other null'],
  [307, 'https://m.org/other', 'https://m.org/other null'],
  [303, '//cdn.org/x', 'http://cdn.org/x null'],
  [302, 'http://me:pw@cdn.org/x', 'http://cdn.org/x Basic bWU6cHc='],
  [302, 'file:///etc/passwd', 'a redirect to a `file:` address'],
  [302, 'http://', 'a redirect to no address'],
  [200, '/other', 'null'],
  [304, '/other', 'null'],
  [302, null, 'null'],
])('%i to %s leads to %s', (status, location, expected) => {
  const address = { url: new URL('http://m.org/file'), authorization: 'secret' };
  const response = new Response(null, { status, ...(location && { headers: { location } }) });
  const next = nextAddress(address, response, 0);
  const text = next !== null && typeof next === 'object' ? `${next.url} ${next.authorization}` : `${next}`;
  expect(text).toBe(expected);
});

test('no step leads from https to http', () => {
  const address = { url: new URL('https://m.org/file'), authorization: null };
  const response = new Response(null, { status: 302, headers: { location: 'http://m.org/file' } });
  expect(nextAddress(address, response, 0)).toBe('a redirect from https to http');
});
