import { describe, expect, it } from 'vitest';
import { pathRulesInBase, settingsNotHeeded } from '../../../../src/families/apt/install/hook-settings.ts';
import type { Entry } from '../../../../src/rootfs/tree.ts';

const inBase = (files: Readonly<Record<string, string>>, own: readonly string[] = []) => {
  const folder = '/etc/dpkg/dpkg.cfg.d/';
  return pathRulesInBase(
    {
      list: async () =>
        Object.keys(files)
          .filter((path) => path.startsWith(folder))
          .map((path) => path.slice(folder.length)),
      read: async (path) => (path in files ? Buffer.from(files[path]!) : null),
    },
    own,
  );
};

describe('path rules that a hook has written', () => {
  it('are read as dpkg reads them, in its order', async () => {
    const files = {
      '/etc/dpkg/dpkg.cfg.d/a': '# path-exclude=/no\n path-exclude = "/usr/share/doc/*"\nforce-unsafe-io\n',
      '/etc/dpkg/dpkg.cfg.d/a.bak': 'path-exclude=/no\n',
      '/etc/dpkg/dpkg.cfg.d/mkbase': 'path-exclude=/written/by/mkbase\n',
      '/etc/dpkg/dpkg.cfg.d/z': "path-include '/usr/share/doc/*/copyright'  \n",
      '/etc/dpkg/dpkg.cfg': 'no-debsig\npath-exclude /last\n',
    };
    expect(await inBase(files, ['path-exclude=/own'])).toEqual([
      ...['path-exclude=/usr/share/doc/*', 'path-exclude=/own'],
      ...['path-include=/usr/share/doc/*/copyright', 'path-exclude=/last'],
    ]);
  });

  it('are none where it has written none', async () => {
    expect(await inBase({})).toEqual([]);
  });
});

describe("apt's settings", () => {
  const meta = { mode: 0o644, uid: 0, gid: 0, mtime: 7 };
  const file = (size: number, mtime = 7): Entry => ({ ...meta, type: 'file', size, mtime });
  const written = [{ ...meta, path: 'etc/apt/sources.list', content: Buffer.from('deb x') }];

  it('that were there before are not told of', () => {
    const tree = new Map([
      ['etc/apt/sources.list', file(5)],
      ['etc/apt/preferences.d', { ...meta, type: 'dir' as const }],
      ['etc/fstab', file(1)],
    ]);
    expect(settingsNotHeeded(tree, written)).toEqual([]);
  });

  it.each<[string, number, number]>([
    ['etc/apt/preferences.d/never', 9, 7],
    ['etc/apt/apt.conf', 9, 7],
    ['etc/apt/sources.list', 6, 7],
    ['etc/apt/sources.list', 5, 8],
  ])('that a setup hook has written are named: %s (%i bytes of %i)', (path, size, mtime) => {
    expect(settingsNotHeeded(new Map([[path, file(size, mtime)]]), written)).toEqual([
      expect.stringContaining(`: /${path};`),
    ]);
  });
});
