import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { buildDeb, type DebSpec } from '../support/deb.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { differingPaths, dumpTree } from '../support/tree-dump.ts';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';

/** What packagers' tools make and dpkg takes; `mark` is what a script leaves behind. */
const mark = (name: string) => `#!/bin/sh\nset -e\necho ran > /etc/${name}-ran\n`;
const PACKAGES: readonly DebSpec[] = [
  { name: 'named-owners', entries: owned('named', 'www-data', 'adm', 0) },
  { name: 'runner-owners', entries: owned('runner', 'root', 'root', 1000) },
  { name: 'strange-owners', entries: owned('strange', 'nobody-here', 'nobody-here', 777) },
  {
    name: 'own-account',
    depends: 'passwd',
    entries: owned('own', 'svc', 'svc', 0),
    control: { preinst: '#!/bin/sh\nset -e\ngroupadd -g 900 svc\nuseradd -r -u 900 -g svc -M svc\n' },
  },
  { name: 'MyTool', files: { 'opt/mytool': 'x' }, control: { postinst: mark('mytool') } },
  { name: 'under_score', files: { 'opt/under': 'x' }, control: { postinst: mark('under') } },
  { name: 'z', files: { 'opt/one-letter': 'x' } },
  { name: 'needs-mytool', depends: 'MyTool', files: { 'opt/needs': 'x' } },
  {
    name: 'odd-modes',
    files: {
      'opt/odd/setuid': { content: 'x', mode: 0o4755 },
      'opt/odd/none': { content: 'x', mode: 0 },
      'opt/odd/sticky': { type: 'directory', mode: 0o3777 },
      'opt/odd/pipe': { type: 'fifo', mode: 0o600 },
    },
  },
  {
    name: 'conffiles',
    files: { 'etc/conf-a': 'a', 'etc/conf-b': { content: 'b', mode: 0o600 } },
    control: { conffiles: '/etc/conf-a\n/etc/conf-b\n', postinst: mark('conffiles') },
  },
  {
    name: 'linked-conffiles',
    files: {
      'etc/linked-a': 'a',
      'etc/linked-b': { type: 'hardlink', target: './etc/linked-a' },
      'etc/linked-plain': { type: 'hardlink', target: './etc/linked-a' },
    },
    control: { conffiles: '/etc/linked-a\n/etc/linked-b\n' },
  },
  {
    name: 'dotted-control',
    files: { 'opt/dotted': 'x' },
    control: { 'postinst.orig': 'x', '._control': 'x', '.DS_Store': 'x' },
  },
  {
    name: 'absolute-names',
    entries: [
      { path: '/opt/abs', type: 'directory' },
      { path: '/opt/abs/one', content: 'x' },
      { path: './opt/abs/two', type: 'hardlink', target: '/opt/abs/one' },
    ],
  },
  {
    name: 'unit',
    files: { 'usr/lib/systemd/system/unit.service': '[Service]\nExecStart=/bin/true\n' },
    control: { postinst: mark('unit'), triggers: 'interest-noawait /opt/watched\n' },
  },
  { name: 'watched', files: { 'opt/watched/file': 'x' } },
  {
    name: 'zz-old',
    files: { 'opt/x/moved': 'old', 'opt/x/kept': 'x' },
    control: { postinst: mark('zz-old') },
  },
  { name: 'aa-new', replaces: 'zz-old', files: { 'opt/x/moved': 'new' } },
  { name: 'no-size', files: { 'opt/size': 'x' }, fields: { 'Installed-Size': '0' } },
  { name: 'packed-lzma', dataCodec: 'lzma', files: { 'opt/lzma': 'x' } },
  { name: 'packed-zstd', dataCodec: 'zst', files: { 'opt/zstd': 'x' } },
];

describeWith(['root'], 'packages as packagers’ tools make them', () => {
  let folder: string;
  let mirror: Mirror;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-odd-'));
    await chmod(folder, 0o755);
    mirror = await startLiveMirror();
  });
  afterAll(async () => {
    await mirror?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are installed as by the base’s own dpkg', async () => {
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    const debs = await Promise.all(
      PACKAGES.map(async (spec) => {
        const file = join(folder, `${spec.name}.deb`);
        await writeFile(file, await buildDeb({ ...spec, arch: 'all' }));
        return file;
      }),
    );
    const base = (target: string, more: readonly string[]) =>
      run(process.execPath, [
        ...[MAIN, 'bookworm', target, `${mirror.url}/debian`, '--variant=minbase', '--quiet'],
        ...[`--cache-dir=${join(folder, 'cache')}`, ...more],
      ]);
    await base(
      ours,
      debs.map((deb) => `--include=${deb}`),
    );
    await base(theirs, []);
    await mkdir(join(theirs, 'debs'));
    for (const deb of debs) await run('cp', [deb, join(theirs, 'debs')]);
    await run('chroot', [theirs, 'sh', '-c', 'dpkg -i /debs/*.deb']);
    await rm(join(theirs, 'debs'), { recursive: true });

    expect(await statesIn(ours)).toEqual(await statesIn(theirs));
    const [left, right] = [dumpTree(theirs), dumpTree(ours)];
    expect(
      differingPaths(left, right)
        .filter((path) => !NAMED.test(path))
        .map((path) => `${path}: ${left.get(path) ?? 'absent'} | ${right.get(path) ?? 'absent'}`),
    ).toEqual([]);
    expect(await readFile(join(ours, 'etc/mytool-ran'), 'utf8')).toBe('ran\n');
  });
});

/** Logs, backups, the order of stanzas, and what apt and the epoch of another set of packages make. */
const NAMED =
  /^(var\/log\/|var\/lib\/dpkg\/(status|status-old|diversions-old|lock|lock-frontend|triggers\/Lock)$|var\/lib\/apt\/extended_states$|var\/cache\/ldconfig\/|etc\/(passwd|group|g?shadow)-?$|etc\/\.pwd\.lock$)/;

function owned(name: string, user: string, group: string, id: number): NonNullable<DebSpec['entries']> {
  return [
    { path: './opt', type: 'directory' },
    { path: `./opt/${name}`, type: 'directory', user, group, uid: id, gid: id, mode: 0o750 },
    { path: `./opt/${name}/file`, content: 'x', user, group, uid: id, gid: id, mode: 0o640 },
    { path: `./opt/${name}/link`, type: 'symlink', target: 'file', user, group, uid: id, gid: id },
  ];
}

async function statesIn(root: string): Promise<readonly string[]> {
  const format = ['Package', 'Version', 'Architecture', 'db:Status-Status', 'Conffiles']
    .map((field) => `\${${field}}`)
    .join(' ');
  return (
    await run('chroot', [
      root,
      'dpkg-query',
      '-W',
      '-f',
      `${format}\n`,
      ...PACKAGES.map(({ name }) => name.toLowerCase()),
    ])
  ).split('\n');
}
