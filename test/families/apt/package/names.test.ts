import { describe, expect, it } from 'vitest';
import { readInterests } from '../../../../src/families/apt/install/triggers.ts';
import { readControl } from '../../../../src/families/apt/package/control.ts';

const control =
  (name: string, arch = 'amd64') =>
  () =>
    readControl(`Package: ${name}\nVersion: 1.0\nArchitecture: ${arch}\nMulti-Arch: same\n`, '');
const badName = expect.objectContaining({ code: 'package/bad-name' });

describe('a name that dpkg would refuse is refused where it is read', () => {
  it.each(['../../../etc/x', '/etc/x', '.', '..', '.hidden', '-x', 'a/b', 'a b', 'é', 'x'.repeat(201)])(
    'of a package: %s',
    (name) => expect(control(name)).toThrow(badName),
  );

  it.each(['../../x', 'a/b', '-a', 'amd64:x'])('of an architecture: %s', (arch) =>
    expect(control('sound', arch)).toThrow(badName),
  );

  it.each(['../../../etc/x', 'a/b', '..', '.x', 'a_b', 'File', 'Unincorp', '/a\u00e9'])(
    'of a trigger: %s',
    (name) => expect(() => readInterests(`interest-noawait ${name}\n`)).toThrow(badName),
  );

  it.each(['a', 'G++', 'libstdc++6', '0ad', 'with_underscore', 'a.b-c+d'])('but not %s', (name) =>
    expect(control(name)().infoName.toLowerCase()).toBe(`${name.toLowerCase()}:amd64`),
  );

  it.each(['ldconfig', 'update-initramfs', '/usr/share/man', 'libc-bin.x'])('nor the trigger %s', (trigger) =>
    expect(readInterests(`interest ${trigger}\n`)).toEqual([{ trigger, await: true }]),
  );
});
