import { describe, expect, test } from 'vitest';
import { findEntry, parseNetrc } from '../../src/fetch/netrc.ts';

const loginFor = (text: string, url: string, plainToo = false): string | undefined => {
  const found = findEntry(parseNetrc(text), new URL(url), { plainToo });
  return found === null ? undefined : `${found.login}:${found.password}`;
};
const DEBIAN = 'https://example.org/debian/dists/x';

describe('accounts of hosts', () => {
  // The examples of apt_auth.conf(5).
  test.each([
    ['machine example.org\nlogin apt\npassword debian\n', 'apt:debian'],
    ['machine example.org login apt password debian', 'apt:debian'],
    ['machine example.org/deb login apt password debian', 'apt:debian'],
    ['machine example.org/debian/ login apt password debian', 'apt:debian'],
    ['machine example.org:443 login apt password debian', 'apt:debian'],
    ['machine https://EXAMPLE.org login apt password debian', 'apt:debian'],
    ['machine example.org:8443 login apt password debian', undefined],
    ['machine example.org/deb/ login apt password debian', undefined],
    ['machine example.org/ubuntu login apt password debian', undefined],
    ['machine example.orga login apt password debian', undefined],
    ['machine http://example.org login apt password debian', undefined],
    ['default login apt password debian', undefined],
    ['machine example.net login a password b default login c password d', undefined],
    [
      '# machine example.org login x password y\nmachine example.org login apt password de#bian',
      'apt:de#bian',
    ],
    ['machine example.org login "a pt" password "de\\"bian"', 'a pt:de"bian'],
    [
      'macdef init\nmachine example.org login x password y\n\nmachine example.org login apt password debian',
      'apt:debian',
    ],
    ['machine example.org login first password 1\nmachine example.org login second password 2', 'first:1'],
    ['machine example.org login', ':'],
  ])('%j', (text, expected) => {
    expect(loginFor(text, DEBIAN)).toBe(expected);
  });

  test('of no protocol are for https alone, unless they are netrc’s', () => {
    const text = 'machine example.org login apt password debian';
    const plain = DEBIAN.replace('https', 'http');
    expect(loginFor(text, plain)).toBeUndefined();
    expect(loginFor(text, plain, true)).toBe('apt:debian');
    expect(loginFor(text.replace('example', 'http://example'), plain)).toBe('apt:debian');
  });
});
