import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ApkImage } from '../../../../src/families/apk/lock-section.ts';
import { readTar } from '../../../../src/formats/tar.ts';
import { type ApkSpec, buildApk } from '../../../support/apk.ts';
import type { TarSpec } from '../../../support/tar.ts';
import { type InstallSpec, installApks } from '../install-support.ts';

const ETC: TarSpec = { path: 'etc', type: 'directory' };

const coded = (code: string) => expect.objectContaining({ code: `package/${code}` });

async function installed(spec: InstallSpec): Promise<string> {
  const { root } = await installApks(spec);
  return readFile(join(root, 'lib/apk/db/installed'), 'latin1');
}

describe('a hostile or broken package', () => {
  test.each<[string, string, readonly TarSpec[]]>([
    ['an absolute path', 'absolute-path', [{ path: '/etc/passwd' }]],
    ['`..` in a path', 'path-escape', [ETC, { path: 'etc/../../x' }]],
    ['`.` in a path', 'odd-path', [ETC, { path: 'etc/./x' }]],
    ['an empty part in a path', 'odd-path', [ETC, { path: 'etc//x' }]],
    ['a newline in a path', 'newline-in-path', [{ path: 'a\nb' }]],
    ['another control character', 'control-character-in-path', [{ path: 'a\x7fb' }]],
    ['a file without its directory', 'no-directory-entry', [{ path: 'etc/x' }]],
    [
      'a hard link out of the root',
      'path-escape',
      [{ path: 'x', type: 'hardlink', target: '../../etc/shadow' }],
    ],
    [
      'a hard link to a file of the host',
      'bad-hardlink',
      [{ path: 'x', type: 'hardlink', target: 'etc/shadow' }],
    ],
    [
      'a hard link to what comes later',
      'bad-hardlink',
      [
        { path: 'x', type: 'hardlink', target: 'y' },
        { path: 'y', content: 'y' },
      ],
    ],
    [
      'a loop of links',
      'link-loop',
      [
        { path: 'a', type: 'symlink', target: 'b' },
        { path: 'b', type: 'symlink', target: 'a' },
        { path: 'a/x', type: 'directory' },
      ],
    ],
    [
      'a directory in the place of a file',
      'file-conflict',
      [
        { path: 'x', content: 'x' },
        { path: 'x', type: 'directory' },
      ],
    ],
    ['a file in the place of a directory', 'file-over-directory', [ETC, { path: 'etc', content: 'x' }]],
  ])('%s is refused by name', async (_, code, entries) => {
    const broken = installApks({ apks: [{ name: 'evil', entries }] });
    await expect(broken).rejects.toThrowError(coded(code));
    await expect(broken).rejects.toThrowError('`evil`');
  });

  test('writes through a link stay inside the root', async () => {
    const { root } = await installApks({
      apks: [
        { name: 'a', files: { out: { type: 'symlink', target: '../../../../tmp' }, 'tmp/keep': '' } },
        {
          name: 'b',
          entries: [
            { path: 'out', type: 'directory' },
            { path: 'out/mkbase-escape', content: 'x' },
          ],
        },
      ],
    });
    expect(await readFile(join(root, 'tmp/mkbase-escape'), 'utf8')).toBe('x');
    expect(existsSync('/tmp/mkbase-escape')).toBe(false);
  });

  test('what is named like a script, and what keeps a directory, is passed over', async () => {
    const text = await installed({
      apks: [
        {
          name: 'a',
          entries: [{ path: './x' }, { path: '../y' }, { path: '.z' }, ETC, { path: 'etc/.keep_a' }],
        },
      ],
    });
    expect(text.slice(text.indexOf('F:'))).toBe('F:etc\n\n');
  });

  test('two packages with one file are both named', async () => {
    const conflict = installApks({
      apks: [
        { name: 'first', version: '1-r1', files: { 'etc/x': 'same' } },
        { name: 'second', files: { 'etc/x': 'same' } },
      ],
    });
    await expect(conflict).rejects.toThrowError(coded('file-conflict'));
    await expect(conflict).rejects.toThrowError(
      'cannot place `/etc/x` of `second`: it is also in `first` 1-r1',
    );
  });

  test('a replacement of another version does not count', async () => {
    const apks: readonly ApkSpec[] = [
      { name: 'a', version: '2-r0', files: { 'etc/x': 'a' } },
      { name: 'b', info: { replaces: 'a<2' }, files: { 'etc/x': 'b' } },
    ];
    await expect(installApks({ apks })).rejects.toThrowError(coded('file-conflict'));
  });
});

describe('path rules', () => {
  const apks: readonly ApkSpec[] = [
    {
      name: 'a',
      files: {
        'usr/bin/a': 'a',
        'usr/share/man/man1/a.1': 'manual',
        'usr/share/doc/a/copyright': 'copyright',
        'usr/share/doc/a/README': 'read me',
        'usr/share/doc/first': 'one file',
        'usr/bin/second': { type: 'hardlink', target: 'usr/share/doc/first' },
      },
    },
  ];

  test('leave files out of the root and of the database, directories that are left empty too', async () => {
    const pathRules = ['path-exclude=/usr/share/*', 'path-include=/usr/share/doc/*/copyright'];
    const { root, events } = await installApks({ apks, pathRules });
    const text = await readFile(join(root, 'lib/apk/db/installed'), 'latin1');
    expect(text.slice(text.indexOf('F:')).replaceAll(/^Z:.*\n/gm, '')).toBe(
      'F:usr\nF:usr/bin\nR:a\nR:second\nF:usr/share\nF:usr/share/man\nF:usr/share/man/man1\nF:usr/share/doc\nF:usr/share/doc/a\nR:copyright\n\n',
    );
    expect(existsSync(join(root, 'usr/share/man/man1/a.1'))).toBe(false);
    expect(events).toContain('excluded by /usr/share/*');
    // Its first name was left out: the second one is the file.
    expect(await readFile(join(root, 'usr/bin/second'), 'utf8')).toBe('one file');
  });

  test('keep the directory of a file that no rule leaves out', async () => {
    const text = await installed({ apks, pathRules: ['path-exclude=/usr/share/doc/a'] });
    expect(text).toContain('F:usr/share/doc/a\nR:copyright');
  });
});

test('what one worker would take long for is shared with others', async () => {
  const content = randomBytes(5 * 2 ** 20);
  const apks = ['a', 'b', 'c'].map((name) => ({ name, files: { [name]: content } }));
  const { root } = await installApks({ apks });
  for (const { name } of apks) expect((await readFile(join(root, name))).equals(content)).toBe(true);
});

describe('without scripts', () => {
  test('the scripts that did not run are named', async () => {
    const scripts = { '.post-install': '', '.trigger': '', '.post-upgrade': '' };
    const { skipped } = await installApks({ apks: [{ name: 'a', scripts, files: { x: '' } }] });
    expect(skipped).toEqual(['a: post-install', 'a: trigger']);
  });

  test('the links of busybox and of its further programs are made where nothing is', async () => {
    const { root, tree } = await installApks({
      apks: [
        {
          name: 'busybox',
          files: {
            'bin/busybox': 'program',
            'bin/busybox-extras': 'program',
            'bin/cat': 'a real one',
            'etc/busybox-paths.d/busybox': 'bin/cat\nusr/bin/head\n',
            'etc/busybox-paths.d/busybox-extras': 'usr/sbin/ftpd\n',
            'etc/busybox-paths.d/absent': 'bin/none\n',
          },
        },
      ],
    });
    expect(await readFile(join(root, 'bin/cat'), 'utf8')).toBe('a real one');
    expect(tree.get('usr/bin/head')).toMatchObject({ type: 'symlink', target: '/bin/busybox' });
    expect(tree.get('usr/sbin/ftpd')).toMatchObject({ target: '/bin/busybox-extras' });
    expect(tree.has('bin/none')).toBe(false);
  });

  test('a busybox without a list, that cannot be asked for one, is told of', async () => {
    const { notices } = await installApks({
      apks: [{ name: 'busybox', files: { 'bin/busybox': 'no program' } }],
    });
    expect(notices).toEqual([expect.stringContaining('the programs of busybox are not there')]);
  });
});

const familyOf = (image: ApkImage) => ({ name: 'apk', options: {}, image });

describe('what the plan adds', () => {
  const shadow: ApkSpec = { name: 'data', files: { 'etc/shadow': 'root::1:0:::::\nbin:!::0:::::\n' } };

  test('root is locked where its package leaves it open', async () => {
    const { root } = await installApks({
      apks: [shadow],
      family: familyOf({ rootPassword: '*', releaseFiles: null }),
    });
    expect(await readFile(join(root, 'etc/shadow'), 'utf8')).toBe('root:*:1:0:::::\nbin:!::0:::::\n');
  });

  test('the database of a branch with apk-tools 3 has its scripts sorted and packed, and no lock', async () => {
    const scripted = (name: string): ApkSpec => ({ name, scripts: { '.post-install': `#!/bin/${name}\n` } });
    const family = familyOf({ rootPassword: '*', releaseFiles: null, apkTools: 3 });
    const { root } = await installApks({ apks: [scripted('zeta'), scripted('alpha')], family });
    const folder = join(root, 'lib/apk/db');
    expect(readdirSync(folder).sort()).toEqual(['installed', 'scripts.tar.gz', 'triggers']);
    const entries = readTar(gunzipSync(await readFile(join(folder, 'scripts.tar.gz'))));
    expect(entries.map(({ path, body }) => [path.replace(/X1[0-9a-f]{40}/, 'X1HEX'), `${body}`])).toEqual([
      ['alpha-1.0-r0.X1HEX.post-install', '#!/bin/alpha\n'],
      ['zeta-1.0-r0.X1HEX.post-install', '#!/bin/zeta\n'],
    ]);
    const installed = await readFile(join(folder, 'installed'), 'utf8');
    const [, identity = ''] = /^C:Q1(.*)$/m.exec(installed) ?? [];
    expect(entries[0]!.path).toContain(Buffer.from(identity, 'base64').toString('hex'));
  });

  test('the release files of the official image are there, of a package that is not installed', async () => {
    const release: ApkSpec = {
      name: 'alpine-release',
      scripts: { '.post-install': '' },
      files: { 'etc/os-release': 'ID=alpine\n', 'usr/lib/other': 'x' },
    };
    const family = familyOf({ rootPassword: '*', releaseFiles: 'alpine-release' });
    const { root, skipped } = await installApks({ apks: [shadow, release], family });
    expect(await readFile(join(root, 'etc/os-release'), 'utf8')).toBe('ID=alpine\n');
    expect(existsSync(join(root, 'usr/lib/other'))).toBe(false);
    expect(await readFile(join(root, 'lib/apk/db/installed'), 'utf8')).not.toContain('alpine-release');
    expect(skipped).toEqual([]);
  });

  test('its files are written, and the database follows a merged /usr', async () => {
    const layout: readonly TarSpec[] = [
      { path: 'usr', type: 'directory' },
      { path: 'usr/lib', type: 'directory' },
      { path: 'lib', type: 'symlink', target: 'usr/lib' },
    ];
    const { root, tree } = await installApks({
      apks: [{ name: 'layout', entries: layout }],
      seedFiles: [{ path: 'etc/apk/world', mode: 0o600, content: 'layout\n' }],
    });
    expect(await readFile(join(root, 'etc/apk/world'), 'utf8')).toBe('layout\n');
    expect(tree.get('usr/lib/apk/db/installed')?.type).toBe('file');
    expect(tree.get('lib')?.type).toBe('symlink');
  });

  test('a file that holds another package than it says is refused', async () => {
    const bytes = buildApk({ name: 'a', files: { x: '' } });
    const mislabelled = installApks({ apks: [bytes], relabel: (item) => ({ ...item, version: '9' }) });
    await expect(mislabelled).rejects.toThrowError(coded('other-package'));
  });
});
