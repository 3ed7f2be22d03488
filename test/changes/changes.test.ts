import { describe, expect, it, test } from 'vitest';
import { capabilityText } from '../../src/changes/capability.ts';
import { compareSides } from '../../src/changes/compare.ts';
import { type FileFact, fileChanges, privilegeChanges } from '../../src/changes/files.ts';
import type { PackageFact } from '../../src/changes/packages.ts';
import { settingChanges, settingsOf } from '../../src/changes/settings.ts';
import { type Side, sideOfLocks } from '../../src/changes/side.ts';
import { changesMarkdown, changesText } from '../../src/changes/text.ts';
import type { Lock } from '../../src/lock/lock.ts';
import { lockOf } from '../support/lock.ts';

function pack(name: string, version: string, change: Partial<PackageFact> = {}): PackageFact {
  return { name, version, arch: 'amd64', pocket: 'release', digest: 'a', size: 1000, ...change };
}

function side(packages: readonly PackageFact[], change: Partial<Side> = {}): Side {
  const set = { arch: 'amd64', packages };
  return { name: 'x', family: 'apt', packages: [set], files: null, settings: null, request: null, ...change };
}

const changesOf = (before: readonly PackageFact[], after: readonly PackageFact[]) =>
  compareSides(side(before), side(after)).packages.map(({ kind, name }) => `${kind} ${name}`);

describe('packages', () => {
  it.each([
    ['1.0', '1.1', 'upgraded'],
    ['1.0-1', '1.0-1+deb12u1', 'upgraded'],
    ['2:1.0', '9.0', 'downgraded'],
    ['1.0', '1.0~rc1', 'downgraded'],
    ['1.10', '1.9', 'downgraded'],
  ])('%s to %s is %s', (before, after, kind) => {
    expect(changesOf([pack('a', before)], [pack('a', after)])).toEqual([`${kind} a`]);
  });

  it('come and go', () => {
    expect(changesOf([pack('a', '1')], [pack('b', '1')])).toEqual(['removed a', 'added b']);
  });

  it('with the same version and other content were rebuilt', () => {
    expect(changesOf([pack('a', '1')], [pack('a', '1', { digest: 'b' })])).toEqual(['rebuilt a']);
    expect(changesOf([pack('a', '1')], [pack('a', '1', { digest: null })])).toEqual([]);
  });

  it('that moved to architecture all are the same; foreign ones stand for themselves', () => {
    const before = [pack('b', '1'), pack('a', '1'), pack('a', '1', { arch: 'i386' })];
    const after = [pack('b', '1'), pack('a', '2', { arch: 'all' }), pack('a', '1', { arch: 'i386' })];
    expect(changesOf(before, after)).toEqual(['upgraded a']);
  });

  it('are ordered as apk does for Alpine', () => {
    const [before, after] = [side([pack('a', '1.0_rc1-r0')]), side([pack('a', '1.0-r0')])];
    const [change] = compareSides(before, { ...after, family: 'apk' }).packages;
    expect(change?.kind).toBe('upgraded');
  });

  it('of several architectures stand once, with what they grew in all', () => {
    const set = (arch: string, version: string, size: number) => {
      return { arch, packages: [pack('a', version, { arch, size })] };
    };
    const before = side([], { packages: [set('amd64', '1', 10), set('arm64', '1', 10)] });
    const after = side([], { packages: [set('amd64', '2', 15), set('arm64', '2', 16)] });
    expect(compareSides(before, after).packages).toEqual([
      expect.objectContaining({ name: 'a', arches: ['amd64', 'arm64'], grown: 11 }),
    ]);
  });
});

describe('locks', () => {
  const text = (change: Partial<Lock>) =>
    changesText(compareSides(sideOfLocks('a', [lockOf()]), sideOfLocks('b', [lockOf(change)])));

  it('of the same packages do not differ', () => {
    expect(text({ epoch: 1 })).toBe('no difference\n');
  });

  it('differ in what was asked for', () => {
    const image = {
      ...lockOf().image,
      additions: 'ab',
      hooks: [{ phase: 'customize', digest: 'cd' }],
    } as const;
    expect(text({ image, pathRules: ['path-exclude=/x'] })).toBe(`\
something else was asked for

request
  hooks          - → [{"digest":"cd","phase":"customize"}]
  local content  - → ab
  path rules     - → ["path-exclude=/x"]
`);
  });
});

const FILE: FileFact = { type: 'file', mode: 0o755, uid: 0, gid: 0, mtime: 1, size: 3, sha256: 'a' };
const files = (entries: Readonly<Record<string, FileFact>>) => new Map(Object.entries(entries));

describe('files', () => {
  it('are added, changed and deleted', () => {
    const before = files({ a: FILE, b: FILE, c: FILE });
    const after = files({ b: { ...FILE, sha256: 'b', size: 5 }, c: { ...FILE, mtime: 9 }, d: FILE });
    expect(fileChanges(before, after)).toEqual([
      { kind: 'D', path: 'a', what: [], grown: -3 },
      { kind: 'C', path: 'b', what: ['content'], grown: 2 },
      { kind: 'A', path: 'd', what: [], grown: 3 },
    ]);
  });

  it.each<[string, FileFact, readonly string[]]>([
    ['mode', { ...FILE, mode: 0o4755 }, ['mode']],
    ['owner', { ...FILE, gid: 5 }, ['owner']],
    ['attributes', { ...FILE, xattrs: { 'user.x': '1' } }, ['attributes']],
    ['type', { type: 'symlink', target: 'x', mode: 0o777, uid: 0, gid: 0, mtime: 1, sha256: null }, ['type']],
  ])('differ in their %s', (_, after, what) => {
    expect(fileChanges(files({ a: FILE }), files({ a: after }))[0]?.what).toEqual(what);
  });

  it('with privileges are told apart', () => {
    const capable = { ...FILE, xattrs: { 'security.capability': capability(1 << 13) } };
    const before = files({ ping: FILE, su: { ...FILE, mode: 0o4755 }, plain: FILE });
    const after = files({
      ping: capable,
      wall: { ...FILE, mode: 0o2755, gid: 5 },
      plain: { ...FILE, uid: 7 },
    });
    expect(privilegeChanges(before, after)).toEqual([
      { path: 'ping', what: 'capabilities', before: null, after: 'cap_net_raw=ep' },
      { path: 'plain', what: 'owner', before: '0:0', after: '7:0' },
      { path: 'su', what: 'setuid', before: '0', after: null },
      { path: 'wall', what: 'setgid', before: null, after: '5' },
    ]);
  });
});

/** struct vfs_cap_data of revision 2, effective. */
function capability(permitted: number, inheritable = 0): string {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(0x02000001, 0);
  bytes.writeUInt32LE(permitted, 4);
  bytes.writeUInt32LE(inheritable, 8);
  return bytes.toString('latin1');
}

test('capabilities are told as getcap does, and what is none in hex', () => {
  expect(capabilityText(capability((1 << 13) | (1 << 10)))).toBe('cap_net_bind_service,cap_net_raw=ep');
  expect(capabilityText(capability(1, 3))).toBe('cap_chown=ep cap_dac_override=i');
  expect(capabilityText('\x01\x02')).toBe('0x0102');
});

test('settings differ by name, each variable and label for itself, and not in the digests of mkbase', () => {
  const before = settingsOf({
    ...{ Env: ['A=1', 'B=2'], Cmd: ['bash'], User: '', Labels: { x: '1', 'dev.mkbase.lock.digest': 'a' } },
  });
  const after = settingsOf({
    ...{ Env: ['A=1', 'B=3'], User: 'nobody', Labels: { 'dev.mkbase.lock.digest': 'b' } },
  });
  expect(settingChanges(before, after)).toEqual([
    { name: 'Cmd', before: '["bash"]', after: null },
    { name: 'Env B', before: '2', after: '3' },
    { name: 'Labels x', before: '1', after: null },
    { name: 'User', before: null, after: 'nobody' },
  ]);
});

describe('a changelog', () => {
  const secure = { pocket: 'security', size: 1500 };
  const before = side([pack('libssl3', '3.0.15-1'), pack('gone', '1')], { files: files({ su: FILE }) });
  const changes = compareSides(before, {
    ...side([pack('libssl3', '3.0.17-1~deb12u2', secure), pack('new_one', '2')]),
    files: files({ su: { ...FILE, mode: 0o4755 } }),
  });

  it('for a terminal names every change with both versions', () => {
    expect(changesText(changes)).toBe(`\
3 packages changed (1 added, 1 removed, 1 upgraded, 1 from security), 2 privileges changed, 1 file changed

privileges
  setuid  /su  - → 0
  mode    /su  0755 → 4755

packages
  removed   gone     1                                      -1.0 kB
  upgraded  libssl3  3.0.15-1 → 3.0.17-1~deb12u2  security   +500 B
  added     new_one  2                            release   +1.0 kB

files
  C /su (mode)
`);
  });

  it('in Markdown lets no version become markup', () => {
    const text = changesMarkdown(changes, 'base:*new*');
    expect(text).toContain('## base:\\*new\\*\n');
    expect(text).toContain('| libssl3 | upgraded | 3.0.15-1 | 3.0.17-1\\~deb12u2 | security | +500 B |');
    expect(text).toContain('| new\\_one | added |  | 2 | release | +1.0 kB |');
  });

  it('without a change is one line', () => {
    expect(changesText(compareSides(before, before))).toBe('no difference\n');
  });
});
