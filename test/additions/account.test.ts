import { describe, expect, it } from 'vitest';
import { addAccounts, parseAccount } from '../../src/additions/account.ts';

describe('parseAccount', () => {
  it('completes what is left out', () => {
    expect(parseAccount('app:10001')).toEqual({
      name: 'app',
      uid: 10001,
      gid: 10001,
      home: '/nonexistent',
      shell: '/usr/sbin/nologin',
    });
  });

  it('takes all of it', () => {
    expect(parseAccount('app:10001:20001:/home/app:/bin/sh')).toMatchObject({
      gid: 20001,
      home: '/home/app',
      shell: '/bin/sh',
    });
  });

  it.each([
    ['app'],
    ['app:x'],
    ['app:-1'],
    ['app:4294967295'],
    [':1'],
    ['App:1'],
    ['a b:1'],
    ['app:1:1:home'],
    ['app:1:1:/h:sh'],
    ['app:1:1:/h:/bin/sh:x'],
    ['app:1:1:/h\nroot::0:0'],
  ])('refuses %j', (text) => {
    expect(() => parseAccount(text)).toThrow(expect.objectContaining({ code: 'usage/bad-account' }));
  });
});

describe('addAccounts', () => {
  const files = {
    passwd: 'root:x:0:0:root:/root:/bin/sh\n',
    group: 'root:x:0:\nusers:x:100:\n',
    shadow: 'root:*:19000:0:99999:7:::\n',
  };

  it('adds the user, a group and a locked password', () => {
    expect(addAccounts(files, [parseAccount('app:10001:10001:/home/app:/bin/sh')])).toEqual({
      passwd: `${files.passwd}app:x:10001:10001::/home/app:/bin/sh\n`,
      group: `${files.group}app:x:10001:\n`,
      shadow: `${files.shadow}app:!:::::::\n`,
    });
  });

  it('joins a group that is there by its number', () => {
    expect(addAccounts(files, [parseAccount('app:10001:100')]).group).toBe(files.group);
  });

  it('makes files where a base has none', () => {
    expect(addAccounts({ passwd: null, group: null, shadow: null }, [parseAccount('app:1')])).toEqual({
      passwd: 'app:x:1:1::/nonexistent:/usr/sbin/nologin\n',
      group: 'app:x:1:\n',
      shadow: null,
    });
  });

  it('gives an account of the same ids its home and shell', () => {
    const before = {
      ...files,
      passwd: `${files.passwd}app:x:7:7:App:/var:/bin/false\n`,
      group: 'app:x:7:\n',
    };
    expect(addAccounts(before, [parseAccount('app:7:7:/srv:/bin/sh')])).toMatchObject({
      passwd: `${files.passwd}app:x:7:7:App:/srv:/bin/sh\n`,
      group: 'app:x:7:\n',
    });
  });

  it('refuses a name that is there with other ids', () => {
    expect(() => addAccounts(files, [parseAccount('root:5')])).toThrow(
      expect.objectContaining({ code: 'usage/account-taken' }),
    );
  });
});
