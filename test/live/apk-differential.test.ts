/** Packages made here, installed by the real apk 2.14.4 and by mkbase: database and tree must be the same. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Root } from '../../src/rootfs/root.ts';
import { scanTree } from '../../src/rootfs/scan.ts';
import { goldenFiles, goldens, treeLines } from '../families/apk/golden-support.ts';
import { installFiles, lockedPackage } from '../families/apk/install-support.ts';
import { type ApkSpec, buildApk } from '../support/apk.ts';
import { describeWith } from './needs.ts';

process.umask(0);

const APK = '/sbin/apk';
let tools = '';
/** Files of the packages that scripts need. */
let shell: readonly string[] = [];

interface RealResult {
  readonly status: number | null;
  readonly output: string;
  readonly root: string;
  /** In the order of installation, as `name-version`. */
  readonly order: readonly string[];
}

/** Has the real apk install all of them, in a root of its own. */
function realApk(specs: readonly ApkSpec[], { scripts }: { readonly scripts: boolean }): RealResult {
  const repository = join(tools, 'repo', 'x86_64');
  rmSync(join(tools, 'repo'), { recursive: true, force: true });
  rmSync(join(tools, 'new'), { recursive: true, force: true });
  mkdirSync(repository, { recursive: true });
  const names = specs.map((spec) => `${spec.name}-${spec.version ?? '1.0-r0'}.apk`);
  if (scripts) for (const file of shell) copyFileSync(file, join(repository, basename(file)));
  for (const [index, spec] of specs.entries()) writeFileSync(join(repository, names[index]!), buildApk(spec));
  const run = (script: string) =>
    spawnSync('chroot', [tools, '/bin/busybox', 'sh', '-c', script], { encoding: 'utf8' });
  run(`cd /repo/x86_64 && ${APK} index --allow-untrusted -o APKINDEX.tar.gz *.apk`);
  const options = '--allow-untrusted --no-cache --no-progress --repositories-file /none --repository /repo';
  const skip = scripts ? '' : '--no-scripts';
  const added = [...(scripts ? ['busybox-binsh'] : []), ...specs.map(({ name }) => name)].join(' ');
  const command = `${APK} --root /new --arch x86_64 --initdb ${options} ${skip} add ${added}`;
  const { status, stdout, stderr } = run(command);
  const order = [...stdout.matchAll(/Installing (\S+) \((\S+)\)/g)].map(
    ([, name, version]) => `${name}-${version}`,
  );
  return { status, output: stdout + stderr, root: join(tools, 'new'), order };
}

async function both(given: readonly ApkSpec[], { scripts = false } = {}) {
  const specs = scripts ? given.map(withShell) : given;
  const real = realApk(specs, { scripts });
  const folder = mkdtempSync(join(tmpdir(), 'mkbase-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = new Map(
    real.order.map((name) => {
      const file = join(tools, 'repo', 'x86_64', `${name}.apk`);
      return [lockedPackage(readFileSync(file)), file];
    }),
  );
  const root = join(folder, 'root');
  const seed = (name: string) => {
    return { path: name, mode: 0o644, content: readFileSync(join(real.root, name), 'utf8') };
  };
  const seedFiles = real.status === 0 ? ['etc/apk/arch', 'etc/apk/world'].map(seed) : [];
  const ours = installFiles(root, files, { scripts, privileged: true, seedFiles });
  return { real, ours, root };
}

/** Its scripts need one. */
function withShell(spec: ApkSpec): ApkSpec {
  return { ...spec, info: { ...spec.info, depend: ['/bin/sh', ...[spec.info?.depend ?? []].flat()] } };
}

async function expectSame(specs: readonly ApkSpec[], options: { readonly scripts?: boolean } = {}) {
  const { real, ours, root } = await both(specs, options);
  const made = await ours.catch((error) => error);
  expect(real.output).toContain('OK: ');
  expect(made).toHaveProperty('tree');
  const database = (of: string) => readFileSync(join(of, 'lib/apk/db/installed'), 'latin1');
  expect(database(root)).toBe(database(real.root));
  const lines = (of: string) =>
    treeLines(scanTree(new Root(of)), of).filter((line) => !/^lib\/apk\/db\/scripts.tar /.test(line));
  expect(lines(root)).toEqual(lines(real.root));
}

describeWith(['root', '../shared/data/alpine-mirror'], 'as the real apk installs it', () => {
  beforeAll(async () => {
    const [, base] = goldens('noscripts').find(([name]) => name === 'v3.20-x86_64.base.noscripts.json')!;
    tools = join(mkdtempSync(join(tmpdir(), 'mkbase-test-')), 'tools');
    const files = goldenFiles(base);
    await installFiles(tools, files, { scripts: false, privileged: true });
    shell = [...files.values()].filter((file) => /\/(musl-1|busybox)/.test(file));
  });
  afterAll(() => rmSync(join(tools, '..'), { recursive: true, force: true }));

  test('a package with files of every kind', () =>
    expectSame([
      {
        name: 'a',
        files: {
          'usr/bin/a': { content: 'a', mode: 0o4755 },
          'usr/bin/hard': { type: 'hardlink', target: 'usr/bin/a', mode: 0o4755 },
          'usr/bin/soft': { type: 'symlink', target: 'a' },
          'usr/share/empty/.keep_me': '',
          'usr/share/empty/.keep_': 'no',
          top: 'level',
          'var/owned': { content: 'x', uid: 7, gid: 8, mode: 0o640 },
          '.hidden': 'hidden',
        },
        entries: [
          { path: 'var/open', type: 'directory', mode: 0o1777 },
          { path: 'var/open/of', type: 'directory', uid: 3, gid: 4, mode: 0o2750 },
        ],
      },
    ]));

  test('attributes', () =>
    expectSame([
      {
        name: 'a',
        files: {
          'usr/x': { content: 'x', pax: { 'SCHILY.xattr.user.b': '2', 'SCHILY.xattr.user.a': '1' } },
          'usr/ping': {
            content: 'ping',
            pax: {
              'SCHILY.xattr.security.capability': Buffer.from(
                '0100000200200000000000000000000000000000',
                'hex',
              ),
            },
          },
        },
      },
    ]));

  test('modes and owners of one directory in several packages', () =>
    expectSame([
      {
        name: 'a',
        entries: [
          { path: 'opt', type: 'directory', mode: 0o755 },
          { path: 'srv', type: 'directory', mode: 0o700 },
          { path: 'tmp', type: 'directory', mode: 0o755 },
        ],
      },
      {
        name: 'b',
        entries: [
          { path: 'opt', type: 'directory', mode: 0o700 },
          { path: 'srv', type: 'directory', mode: 0o755 },
        ],
      },
      {
        name: 'c',
        entries: [
          { path: 'opt', type: 'directory', mode: 0o777, uid: 5 },
          { path: 'srv', type: 'directory', uid: 6, mode: 0o711 },
        ],
      },
    ]));

  test('a file that a later package replaces', () =>
    expectSame([
      { name: 'a', files: { 'etc/x': 'a', 'etc/y': 'a', 'etc/z': { type: 'symlink', target: 'y' } } },
      { name: 'b', info: { replaces: 'a' }, files: { 'etc/x': 'b', 'etc/z': 'file now' } },
    ]));

  test('a file that an earlier package keeps', () =>
    expectSame([
      { name: 'a', info: { replaces: 'b<2', replaces_priority: '5' }, files: { 'etc/x': 'a' } },
      { name: 'b', info: { replaces: 'a' }, files: { 'etc/x': 'b', 'etc/own': 'b' } },
    ]));

  test('a file of two packages of one origin', () =>
    expectSame([
      { name: 'a', info: { origin: 'o' }, files: { 'etc/x': 'a' } },
      { name: 'b', info: { origin: 'o' }, files: { 'etc/x': 'b' } },
    ]));

  test('owners by name', () =>
    expectSame([
      { name: 'a', files: { 'etc/passwd': 'someone:x:77:88::/:/bin/sh\n', 'etc/group': 'some:x:99:\n' } },
      { name: 'b', files: { 'etc/own': { content: 'x', user: 'someone', group: 'some', uid: 1, gid: 2 } } },
    ]));

  test('a name that the same package brings', () =>
    expectSame([
      {
        name: 'a',
        files: {
          'etc/passwd': 'someone:x:77:88::/:/bin/sh\n',
          'opt/own': { content: 'x', user: 'someone', group: 'some', uid: 1, gid: 2 },
        },
      },
    ]));

  test('a directory that goes to a lower owner', () =>
    expectSame([
      {
        name: 'a',
        entries: [
          { path: 'opt', type: 'directory', mode: 0o777, uid: 5 },
          { path: 'srv', type: 'directory', mode: 0o777, uid: 5, gid: 9 },
        ],
      },
      {
        name: 'b',
        entries: [
          { path: 'opt', type: 'directory', mode: 0o700, uid: 1 },
          { path: 'srv', type: 'directory', mode: 0o770, uid: 5, gid: 3 },
        ],
      },
      { name: 'c', entries: [{ path: 'opt', type: 'directory', mode: 0o1755, uid: 1 }] },
    ]));

  test('a package that says it installs nothing', () =>
    expectSame([
      {
        name: 'a',
        info: { size: '0', replaces: 'b', triggers: '/etc' },
        scripts: { '.post-install': '#!/bin/sh\n' },
      },
      { name: 'b', files: { 'etc/x': 'b' } },
    ]));

  const script = (text: string) => `#!/bin/sh\n${text}\nexit 0\n`;

  test('what scripts put below /etc before a package has it', () =>
    expectSame(
      [
        {
          name: 'a',
          scripts: {
            '.pre-install': script(
              'mkdir -p etc/init.d; echo script > etc/same; echo script > etc/other; ln -s x etc/link',
            ),
            '.post-install': script('echo changed > etc/mine; echo script > etc/init.d/x; echo script > srv'),
          },
          files: { 'etc/mine': 'mine', 'etc/kept': 'a' },
        },
        {
          name: 'b',
          info: { replaces: 'a' },
          files: {
            'etc/same': 'script\n',
            'etc/other': 'package',
            'etc/link': { type: 'symlink', target: 'y' },
            'etc/mine': 'b',
            'etc/kept': 'b',
            'etc/init.d/x': 'b',
            srv: 'b',
          },
        },
      ],
      { scripts: true },
    ));

  test('an account that a script makes', () =>
    expectSame(
      [
        { name: 'a', files: { 'etc/passwd': 'root:x:0:0::/:/bin/sh\n', 'etc/group': 'root:x:0:\n' } },
        {
          name: 'b',
          info: { depend: 'a' },
          scripts: { '.pre-install': script('echo own:x:55:66::/:/bin/sh >> etc/passwd') },
          files: { 'opt/own': { content: 'x', user: 'own', uid: 1, gid: 2 } },
        },
      ],
      { scripts: true },
    ));

  test('what scripts make of directories that packages have', () =>
    expectSame(
      [
        {
          name: 'a',
          scripts: {
            '.pre-install': script('mkdir -m 700 opt'),
            '.post-install': script('chmod 711 srv opt; chown 5:6 srv'),
          },
          entries: [
            { path: 'opt', type: 'directory', mode: 0o750 },
            { path: 'srv', type: 'directory', mode: 0o750 },
          ],
        },
        { name: 'b', entries: [{ path: 'srv', type: 'directory', mode: 0o755 }] },
      ],
      { scripts: true },
    ));

  test('the arguments of scripts and triggers, and where they run', () =>
    expectSame(
      [
        {
          name: 'a',
          version: '1.2-r3',
          info: { triggers: '/opt/* /srv nothing /usr/b[i-n]' },
          scripts: {
            '.pre-install': script('echo "$0 $# $@ $PWD" > pre'),
            '.post-install': script(
              'echo "$0 $# $@ $PWD" > post; env | grep -v -e SOURCE_DATE_EPOCH -e ^_ | sort > environment',
            ),
            '.trigger': script('echo "$0 $#" > trigger; for i in "$@"; do echo $i; done | sort >> trigger'),
          },
          files: { 'opt/x/y/z': 'z', 'opt/.d/z': 'z', 'usr/bin/a': 'a' },
        },
        { name: 'b', entries: [{ path: 'srv', type: 'directory' }] },
        {
          name: 'c',
          info: { triggers: '/nowhere' },
          scripts: { '.trigger': script('echo ran > ran') },
          files: { 'c/c': '' },
        },
      ],
      { scripts: true },
    ));

  test('every field of a package', () =>
    expectSame([
      {
        name: 'a',
        info: {
          pkgdesc: 'with ümlaut and  blanks ',
          depend: ['b>1', '!nothing', 'b<3 cmd:b'],
          provides: ['x=1', 'cmd:a=~2', 'y'],
          install_if: ['b=2-r0', 'x'],
          replaces: ['z>=1', 'q=~2'],
          replaces_priority: '7',
          provider_priority: '9',
          origin: 'src',
          maintainer: 'M. <m@example.org>',
          commit: 'abc',
          license: ['MIT', 'BSD'],
          triggers: '/etc  /usr/* ',
        },
        files: { 'etc/x': 'x' },
      },
      { name: 'b', version: '2-r0', info: { provides: 'cmd:b' }, files: { 'usr/b': 'b' } },
    ]));
});
