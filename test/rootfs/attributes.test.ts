import { describe, expect, it } from 'vitest';
import { checkedAttributes } from '../../src/rootfs/attributes.ts';

const FILE = { path: './f', type: 'file' } as const;
const CAPABILITIES = `\x01\0\0\x02${'\0'.repeat(16)}`;

describe('attributes of a package', () => {
  it.each([
    ['an unknown namespace', 'foo.bar', 'v'],
    ['no name', '', 'v'],
    ['the name of a namespace alone', 'user.', 'v'],
    ['capabilities that are none', 'security.capability', 'junk'],
    ['capabilities of another user namespace', 'security.capability', `\0\0\0\x03${'\0'.repeat(20)}`],
    ['a list of rights', 'system.posix_acl_access', 'junk'],
    ['a label of the host', 'security.selinux', 'v'],
    ['notes of an overlay', 'trusted.overlay.opaque', 'y'],
    ['70,000 bytes', 'user.x', 'v'.repeat(70_000)],
    ['a name of 300 letters', `user.${'x'.repeat(300)}`, 'v'],
  ])('are refused where they have %s', (_, name, value) => {
    expect(() => checkedAttributes(FILE, { [name]: value })).toThrow(
      expect.objectContaining({ code: 'package/bad-attribute', message: expect.stringContaining('`./f`') }),
    );
  });

  it('are kept where a file can have them, and left out where they have no effect', () => {
    const xattrs = { 'security.capability': CAPABILITIES, 'user.note': 'v' };
    expect(checkedAttributes(FILE, xattrs)).toEqual({ xattrs });
    expect(checkedAttributes({ path: './l', type: 'symlink' }, xattrs)).toEqual({});
  });
});
