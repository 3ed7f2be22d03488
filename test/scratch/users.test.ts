import { describe, expect, it } from 'vitest';
import { emptyContents } from '../../src/scratch/contents.ts';
import { findUser, putUsers } from '../../src/scratch/users.ts';

const app = { name: 'app', uid: 10001, gid: 10002, home: '/srv/app', shell: '/sbin/nologin' };

describe('findUser', () => {
  it.each([
    ['nonroot', 65532, 65532],
    ['root', 0, 0],
    ['app', 10001, 10002],
    ['1000', 1000, 1000],
    ['1000:100', 1000, 100],
  ])('knows %s', (text, uid, gid) => {
    expect(findUser(text, [app])).toEqual({ uid, gid });
  });

  it.each(['someone', '', '-1', '4294967295', '1:'])('refuses %j', (text) => {
    expect(() => findUser(text, [app])).toThrow(expect.objectContaining({ code: 'usage/unknown-user' }));
  });
});

describe('putUsers', () => {
  it('writes accounts, groups and homes, with one for a user that has none', () => {
    const contents = emptyContents();
    putUsers(contents, { uid: 1000, gid: 100 }, [app]);
    expect(contents.bodies.get('etc/passwd')?.toString()).toBe(
      [
        'root:x:0:0::/root:/sbin/nologin',
        'nobody:x:65534:65534::/nonexistent:/sbin/nologin',
        'nonroot:x:65532:65532::/home/nonroot:/sbin/nologin',
        'app:x:10001:10002::/srv/app:/sbin/nologin',
        'user:x:1000:100::/home/user:/sbin/nologin',
        '',
      ].join('\n'),
    );
    expect(contents.bodies.get('etc/group')?.toString()).toBe(
      'root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\napp:x:10002:\nuser:x:100:\n',
    );
    expect(contents.tree.get('home/nonroot')).toMatchObject({ mode: 0o700, uid: 65532, gid: 65532 });
    expect(contents.tree.get('srv/app')).toMatchObject({ mode: 0o700, uid: 10001, gid: 10002 });
    expect(contents.tree.has('nonexistent')).toBe(false);
  });
});
