import { describe, expect, test } from 'vitest';
import { proxyFor } from '../../src/fetch/proxy.ts';

describe('proxyFor', () => {
  test.each([
    ['http://m.org/', { http_proxy: 'http://p:1' }, 'http://p:1/'],
    ['http://m.org/', { http_proxy: 'p:1' }, 'http://p:1/'],
    ['http://m.org/', { HTTP_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['http://m.org/', { http_proxy: 'http://small:1', HTTP_PROXY: 'http://big:1' }, 'http://small:1/'],
    ['http://m.org/', { http_proxy: '', HTTP_PROXY: 'http://big:1' }, null],
    ['https://m.org/', { http_proxy: 'http://p:1' }, null],
    ['https://m.org/', { https_proxy: 'http://p:1' }, 'http://p:1/'],
    ['https://m.org/', { all_proxy: 'http://p:1' }, 'http://p:1/'],
    ['http://m.org/', {}, null],
  ])('%s with %o is %s', (url, env, proxy) => {
    expect(proxyFor(new URL(url), env)?.href ?? null).toBe(proxy);
  });

  test.each([
    ['http://deb.m.org/', 'm.org', true],
    ['http://deb.m.org/', '.m.org', true],
    ['http://deb.m.org/', '*.m.org', true],
    ['http://deb.m.org/', 'x.org, DEB.m.org', true],
    ['http://deb.m.org/', '*', true],
    ['http://xm.org/', 'm.org', false],
    ['http://m.org:8080/', 'm.org:8080', true],
    ['http://m.org/', 'm.org:8080', false],
    ['https://m.org/', 'm.org:443', true],
    ['http://127.0.0.1:3000/', '127.0.0.1', true],
    ['http://10.1.2.3:5000/', '10.0.0.0/8', true],
    ['http://11.1.2.3:5000/', '10.0.0.0/8', false],
    ['http://10.1.2.3:5000/', '10.1.2.3:5000', true],
    ['http://10.1.2.3:5000/', '10.1.2.3:80', false],
    ['http://10.1.2.3/', '2.3', false],
    ['http://10.1.2.3/', '10.0.0.0/33 10.0.0/8 /8', false],
    ['http://[fd00::5]:5000/', 'fd00::5', true],
    ['http://[fd00::5]:5000/', 'FD00:0::5', true],
    ['http://[fd00::5]:5000/', '[fd00::5]', true],
    ['http://[fd00::5]:5000/', '[fd00::5]:5000', true],
    ['http://[fd00::5]:5000/', '[fd00::5]:80', false],
    ['http://[fd00::5]:5000/', 'fd00::/8', true],
    ['http://[fe00::5]:5000/', 'fd00::/8', false],
    ['http://[fe00::5]:5000/', '10.0.0.0/8', false],
    ['http://m.org/', '10.0.0.0/8', false],
    ['http://m.org/', '', false],
  ])('%s with no_proxy=%s goes direct: %s', (url, list, direct) => {
    const proxy = proxyFor(new URL(url), { all_proxy: 'http://p:1', no_proxy: list });
    expect(proxy === null).toBe(direct);
  });

  test('a proxy of another kind is refused, without its password', () => {
    const find = () => proxyFor(new URL('http://m.org/'), { all_proxy: 'socks5://me:secret@p:1' });
    expect(find).toThrow(
      expect.objectContaining({ code: 'usage/proxy', message: expect.not.stringContaining('secret') }),
    );
  });
});
