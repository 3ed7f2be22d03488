import { describe, expect, it } from 'vitest';
import { infoFiles } from '../../../src/families/apt/install/dpkg-database.ts';
import { unpackedStanza } from '../../../src/families/apt/install/status-stanza.ts';
import { activations, addInterests, readInterests } from '../../../src/families/apt/install/triggers.ts';
import { readControl } from '../../../src/families/apt/package/control.ts';

describe('a stanza of dpkg’s status', () => {
  it('has dpkg’s fields in dpkg’s order, then the others as written', () => {
    const control = readControl(
      [
        'Package: a',
        'Source: src',
        'Version: 1:2.0-1',
        'Architecture: amd64',
        'Maintainer: M <m@x>',
        'Installed-Size: 5',
        'Depends: libc6 (>= 2.36)',
        'Section: x',
        'Priority: optional',
        'Homepage: http://x',
        'description: short ',
        ' long',
        ' .',
        ' end',
      ].join('\n'),
      '/etc/b\n/etc/a\nremove-on-upgrade /etc/old\n',
    );
    expect(unpackedStanza(control, () => 'newconffile')).toBe(
      [
        'Package: a',
        'Status: install ok unpacked',
        'Priority: optional',
        'Section: x',
        'Installed-Size: 5',
        'Maintainer: M <m@x>',
        'Architecture: amd64',
        'Source: src',
        'Version: 1:2.0-1',
        'Depends: libc6 (>= 2.36)',
        'Conffiles:',
        ' /etc/b newconffile',
        ' /etc/a newconffile',
        ' /etc/old newconffile remove-on-upgrade',
        'Description: short ',
        ' long',
        ' .',
        ' end',
        'Homepage: http://x',
        '',
      ].join('\n'),
    );
  });

  it('knows a package by its name in lower case, and what it relates to', () => {
    const control = readControl(
      'Package: MyTool\nVersion: 1\nArchitecture: all\nDepends: Lib_X | y\nProvides: Z\n',
      '',
    );
    expect(unpackedStanza(control, () => '')).toMatch(/^Package: mytool\n/);
    expect(control.depends.flat().map(({ name }) => name)).toEqual(['lib_x', 'y']);
    expect(control.provides[0]?.name).toBe('z');
  });

  it('names files of Multi-Arch: same packages with their architecture, and no others', () => {
    const of = (field: string) =>
      readControl(`Package: a\nVersion: 1\nArchitecture: amd64\n${field}`, '').infoName;
    expect(of('Multi-Arch: same')).toBe('a:amd64');
    expect(of('Multi-Arch: foreign')).toBe('a');
  });
});

describe('triggers', () => {
  it('are read with their kinds of waiting', () => {
    const text = '# comment\ninterest-noawait /usr/share/man\n interest ldconfig # why\nactivate x\n';
    expect(readInterests(text)).toEqual([
      { trigger: '/usr/share/man', await: false },
      { trigger: 'ldconfig', await: true },
    ]);
  });

  it('are entered by path or by name', () => {
    const interests = readInterests('interest-noawait /usr/share/man\ninterest ldconfig\n');
    const files = addInterests([{ infoName: 'a', interests }], (name) => (name === 'File' ? '/x y\n' : ''));
    expect(Object.fromEntries(files)).toEqual({
      File: '/x y\n/usr/share/man a/noawait\n',
      ldconfig: 'a\n',
    });
  });

  it('are set off by a path below the one that is watched', () => {
    const file = '/usr/share/man man-db/noawait\n/etc/x y\n';
    expect(activations(file, ['/usr/share/man/man1/a.1.gz', '/usr/share/manual', '/etc/xy'])).toBe(
      '/usr/share/man -\n',
    );
    expect(activations(file, ['/etc/x'])).toBe('/etc/x -\n');
  });
});

describe('dpkg’s info files', () => {
  it('leave out what has a dot in its name, and a list that the package brings', () => {
    const control = readControl('Package: MyTool\nVersion: 1\nArchitecture: all\n', '');
    const file = { mode: 0o644, body: Buffer.from('x') };
    const names = ['control', 'postinst', 'postinst.orig', '._control', 'list', 'md5sums'];
    const files = new Map(names.map((name) => [name, file]));
    const placed = {
      control,
      paths: new Set(['/.']),
      files: 0,
      replaced: 0,
      changed: false,
      lost: new Set<string>(),
    };
    const written = infoFiles({ control, files, interests: [] }, placed, 0);
    expect(written.map(({ path }) => path)).toEqual([
      'var/lib/dpkg/info/mytool.postinst',
      'var/lib/dpkg/info/mytool.md5sums',
      'var/lib/dpkg/info/mytool.list',
    ]);
  });
});
