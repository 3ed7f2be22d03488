import { describe, expect, it } from 'vitest';
import { wouldStart } from '../../src/doctor/diagnosis.ts';
import { examineImage, type StartSettings } from '../../src/doctor/examine-image.ts';
import { contentsView, emptyContents, putDirectory, putFile } from '../../src/scratch/contents.ts';
import { buildElf } from '../support/elf.ts';

const LOADER = '/lib64/ld-linux-x86-64.so.2';
const PASSWD = { 'etc/passwd': 'root:x:0:0::/root:/bin/sh\napp:x:10:10::/:/bin/sh\n' };

function findingsOf(
  files: Readonly<Record<string, string | Buffer>>,
  { mode = 0o755, tmp = 0o1777, ...settings }: Partial<StartSettings> & { mode?: number; tmp?: number },
) {
  const contents = emptyContents();
  if (tmp > 0) putDirectory(contents, 'tmp', { mode: tmp });
  for (const [path, content] of Object.entries(files)) {
    putFile(contents, path, content);
    contents.tree.set(path, { ...contents.tree.get(path)!, mode });
  }
  const diagnosis = examineImage('image', {
    platform: { architecture: 'amd64', os: 'linux' },
    settings: { user: '10', env: [], entrypoint: [], cmd: [], workdir: '', volumes: [], ...settings },
    tree: contents.tree,
    view: contentsView(contents),
  });
  expect(wouldStart(diagnosis)).toBe(diagnosis.findings.every(({ level }) => level !== 'error'));
  return diagnosis.findings.map(({ level, message }) => `${level}: ${message}`);
}

const app = { ...PASSWD, app: buildElf() };

describe('examineImage', () => {
  it.each<[string, Partial<StartSettings>]>([
    ['an absolute path', { entrypoint: ['/app', '--flag'] }],
    ['a command alone', { cmd: ['/app'] }],
    ['a name in PATH', { cmd: ['app'], env: ['PATH=/usr/bin:/'] }],
    ['a path in the working directory', { cmd: ['./app'], workdir: '/' }],
  ])('has nothing to say of a program under %s', (_, settings) => {
    expect(findingsOf(app, settings)).toEqual([]);
  });

  it.each<[string, Partial<StartSettings>, Readonly<Record<string, string | Buffer>>]>([
    ['it names neither an entrypoint nor a command', {}, {}],
    ['`/app` is not in the image', { cmd: ['/app'] }, {}],
    ['`app` is in no folder of PATH', { cmd: ['app'] }, {}],
    ['`/etc` is not a file', { cmd: ['/etc'] }, {}],
    ['`/app` is neither an ELF file nor a script', { cmd: ['/app'] }, { app: 'hello' }],
    [
      `\`/app\` needs the dynamic linker \`${LOADER}\`, which the image does not have`,
      { cmd: ['/app'] },
      { app: buildElf({ interpreter: LOADER }) },
    ],
    [
      '`/app` needs the library `libz.so.1`, which the image does not have',
      { cmd: ['/app'] },
      {
        app: buildElf({ interpreter: LOADER, needed: ['libz.so.1'] }),
        [LOADER.slice(1)]: buildElf({ type: 3 }),
      },
    ],
    ['`/app` is for arm64, and the image says amd64', { cmd: ['/app'] }, { app: buildElf({ machine: 183 }) }],
    [
      '`/app` is a script for `/bin/sh`, which the image does not have',
      { cmd: ['/app'] },
      { app: '#!/bin/sh\n' },
    ],
    [
      '`/bin/sh` needs the dynamic linker `/ld.so`, which the image does not have',
      { cmd: ['/app'] },
      { app: '#!/bin/sh\n', 'bin/sh': buildElf({ interpreter: '/ld.so' }) },
    ],
    [
      '`python3`, which a script is for, is in no folder of PATH',
      { cmd: ['/app'] },
      { app: '#!/usr/bin/env -S python3 -u\n', 'usr/bin/env': buildElf() },
    ],
  ])('tells that %s', (message, settings, files) => {
    expect(findingsOf({ ...PASSWD, ...files }, settings)).toEqual([`error: ${message}`]);
  });

  it.each<[string, Partial<StartSettings>]>([
    ['the working directory `/app` is no folder', { workdir: '/app' }],
    ['the working directory `/app/x` leads through `/app`, which is no folder', { workdir: 'app/x' }],
    ['the volume `/etc/passwd` is no folder', { volumes: ['/data', '/etc/passwd'] }],
  ])('tells that %s', (message, settings) => {
    expect(findingsOf(app, { cmd: ['/app'], ...settings })).toEqual([`error: ${message}`]);
  });

  it('passes over an entrypoint of one empty word, as docker does, and says so', () => {
    expect(findingsOf(app, { entrypoint: [''], cmd: ['/app'] })).toEqual([
      'warning: its entrypoint is one empty word: docker passes over it, and Kubernetes starts nothing',
    ]);
  });

  it('looks for libraries from where a program lies, and not from a link that names it', () => {
    const program = buildElf({ interpreter: LOADER, needed: ['libf.so'], runpath: '$ORIGIN/../lib' });
    const contents = emptyContents();
    putDirectory(contents, 'tmp', { mode: 0o1777 });
    putFile(contents, 'etc/passwd', PASSWD['etc/passwd']);
    putFile(contents, 'opt/bin/m', program);
    contents.tree.set('opt/bin/m', { ...contents.tree.get('opt/bin/m')!, mode: 0o755 });
    for (const path of ['opt/lib/libf.so', LOADER.slice(1)]) putFile(contents, path, buildElf({ type: 3 }));
    contents.tree.set('m', { type: 'symlink', target: 'opt/bin/m', mode: 0o777, uid: 0, gid: 0, mtime: 0 });
    const { findings } = examineImage('image', {
      platform: { architecture: 'amd64', os: 'linux' },
      settings: { user: '10', env: [], entrypoint: ['/m'], cmd: [], workdir: '', volumes: [] },
      tree: contents.tree,
      view: contentsView(contents),
    });
    expect(findings).toEqual([]);
  });

  it('tells that a program has not the mode of one', () => {
    expect(findingsOf(app, { cmd: ['/app'], mode: 0o644 })).toEqual(['error: `/app` may not be executed']);
  });

  it.each([
    ['', 'note: it runs as root'],
    ['root', 'note: it runs as root'],
    ['0:0', 'note: it runs as root'],
    ['99', 'note: no account in `/etc/passwd` has the id 99: it has no name and no home'],
    ['app', 'note: the user is named `app`: kubernetes cannot check that it is not root'],
    ['bob', 'error: the user `bob` is not in `/etc/passwd`'],
    ['10:staff', 'error: the group `staff` is not in `/etc/group`'],
    ['2147483648', 'error: the user 2147483648 is past 2147483647, the last that engines take'],
    ['10:4294967296', 'error: the group 4294967296 is past 2147483647, the last that engines take'],
  ])('says of the user %j: %s', (user, finding) => {
    expect(findingsOf(app, { cmd: ['/app'], user })).toEqual([finding]);
  });

  it('warns of a `/tmp` that is not there or not for everyone', () => {
    expect(findingsOf(app, { cmd: ['/app'], tmp: 0 })).toEqual(['warning: there is no `/tmp`']);
    expect(findingsOf(app, { cmd: ['/app'], tmp: 0o755 })).toEqual(['warning: `/tmp` has the mode 0755']);
  });

  it('warns of certificates that would be missed', () => {
    const files = { ...PASSWD, app: buildElf({ text: '/etc/ssl/certs' }) };
    expect(findingsOf(files, { cmd: ['/app'] })).toEqual([
      'warning: `/app` looks for certificates, and the image has none: `--ca` adds them',
    ]);
  });
});
