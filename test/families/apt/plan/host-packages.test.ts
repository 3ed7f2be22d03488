import { createHash } from 'node:crypto';
import { chmod, link, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readDeb } from '../../../../src/families/apt/package/deb.ts';
import { packHost } from '../../../../src/families/apt/plan/host-packages.ts';
import type { ConffileChoice } from '../../../../src/families/family.ts';
import type { Job } from '../../../../src/job.ts';
import type { PackageFile } from '../../../../src/rootfs/package-file.ts';
import { temporaryDirectory } from '../../../fetch/support.ts';
import { withoutRights } from '../../../support/without-rights.ts';
import { jobOf, testRecipe } from '../plan-support.ts';

const BUILT = 1_600_000_000;
let root: string;

async function put(path: string, content = '', mode = 0o644): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  await chmod(file, mode);
  await utimes(file, BUILT, BUILT);
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** A host with a merged /usr, `tool` that needs `libtool1`, and `other`; `left` was removed but for its settings. */
beforeEach(async () => {
  root = await temporaryDirectory();
  await chmod(root, 0o755);
  await mkdir(join(root, 'usr/lib'), { recursive: true });
  await symlink('usr/lib', join(root, 'lib'));
  await put('etc/passwd', 'root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/:/bin/sh\n');
  await put('etc/group', 'root:x:0:\ndaemon:x:1:\n');
  await put('usr/bin/tool', 'the tool', 0o755);
  await link(join(root, 'usr/bin/tool'), join(root, 'usr/bin/same'));
  await symlink('tool', join(root, 'usr/bin/alias'));
  await put('etc/tool.conf', 'as shipped\n');
  await put('lib/libtool.so.1', 'the library');
  await put('usr/bin/other', 'other');
  const info = 'var/lib/dpkg/info';
  await put(
    `${info}/tool.list`,
    [
      '/.',
      '/etc',
      '/etc/tool.conf',
      '/usr',
      '/usr/bin',
      '/usr/bin/tool',
      '/usr/bin/same',
      '/usr/bin/alias',
      '',
    ].join('\n'),
  );
  await put(`${info}/tool.md5sums`, `${md5('the tool')}  usr/bin/tool\n${md5('the tool')}  usr/bin/same\n`);
  await put(`${info}/tool.conffiles`, '/etc/tool.conf\n');
  await put(`${info}/tool.postinst`, '#!/bin/sh\n', 0o755);
  await put(`${info}/libtool1:amd64.list`, '/.\n/lib\n/lib/libtool.so.1\n');
  await put(`${info}/other.list`, '/.\n/usr/bin/other\n');
  const stanzas = [
    `Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2.0-1\nDepends: libtool1\nConffiles:\n /etc/tool.conf ${md5('as shipped\n')}\nDescription: a tool\n with a long text\n`,
    'Package: libtool1\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nVersion: 1.0\nDescription: its library\n',
    'Package: other\nStatus: install ok installed\nArchitecture: all\nVersion: 3\nEssential: yes\nDescription: another\n',
    'Package: left\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\nDescription: gone\n',
  ];
  await put('var/lib/dpkg/status', stanzas.join('\n'));
});

interface Asked {
  readonly job?: Partial<Job>;
  readonly conffiles?: ConffileChoice;
}

async function pack({ job, conffiles = 'pristine' }: Asked = {}) {
  const recipe = await testRecipe({});
  const asked = jobOf({ arch: 'amd64', variant: 'custom', include: ['tool'], ...job });
  const files = new Map<string, Buffer>();
  const write = (name: string, pieces: Iterable<Buffer>) => {
    files.set(name, Buffer.concat([...pieces]));
    return name;
  };
  const { notices } = packHost({ root, write, job: asked, recipe, conffiles });
  const debs = new Map<string, PackageFile>();
  for (const [name, bytes] of files) debs.set(name, await readDeb(bytes));
  return { debs, notices, files };
}

describe('packages that are installed on a host', () => {
  test('are packed with what they need, as their packages had them', async () => {
    const { debs, notices } = await pack();
    expect(notices).toEqual([]);
    expect([...debs.keys()].sort()).toEqual(['libtool1_1.0_amd64.deb', 'tool_2.0-1_amd64.deb']);
    const { control, entries, built } = debs.get('tool_2.0-1_amd64.deb')!;
    expect(built).toBe(BUILT);
    expect([...control.keys()]).toEqual(['control', 'conffiles', 'md5sums', 'postinst']);
    expect(control.get('control')!.body.toString()).toBe(
      'Package: tool\nArchitecture: amd64\nVersion: 1:2.0-1\nDepends: libtool1\nDescription: a tool\n with a long text\n',
    );
    expect(control.get('postinst')!.mode).toBe(0o755);
    expect(
      entries.map(({ path, type, mode, link, body }) => [path, type, mode, link, body.toString()]),
    ).toEqual([
      ['./', 'dir', expect.any(Number), '', ''],
      ['./etc/', 'dir', 0o755, '', ''],
      ['./etc/tool.conf', 'file', 0o644, '', 'as shipped\n'],
      ['./usr/', 'dir', 0o755, '', ''],
      ['./usr/bin/', 'dir', 0o755, '', ''],
      ['./usr/bin/tool', 'file', 0o755, '', 'the tool'],
      ['./usr/bin/same', 'hardlink', 0o755, './usr/bin/tool', ''],
      ['./usr/bin/alias', 'symlink', 0o777, 'tool', ''],
    ]);
    const library = debs.get('libtool1_1.0_amd64.deb')!.entries;
    expect(library.map(({ path, type }) => [path, type])).toEqual([
      ['./', 'dir'],
      ['./lib/', 'dir'],
      ['./lib/libtool.so.1', 'file'],
    ]);
  });

  test('are followed by virtual names too, as base-files needs some awk', async () => {
    const stanzas = [
      'Package: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12\nPre-Depends: awk\nDescription: x\n',
      'Package: mawk\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.3\nProvides: awk\nDescription: x\n',
    ];
    await put('var/lib/dpkg/status', stanzas.join('\n'));
    const { debs } = await pack({ job: { include: ['base-files'] } });
    expect([...debs.keys()].sort()).toEqual(['base-files_12_amd64.deb', 'mawk_1.3_amd64.deb']);
  });

  test('give the same bytes each time', async () => {
    const [first, second] = [await pack(), await pack()];
    expect(first.files).toEqual(second.files);
  });

  test('of the variant `essential` are the Essential ones of the host', async () => {
    const { debs } = await pack({ job: { variant: 'essential', include: [] } });
    expect([...debs.keys()]).toEqual(['other_3_all.deb']);
  });

  test.each([
    ['host', 'by hand\n', 1],
    ['pristine', 'as shipped\n', 0],
    ['skip', null, 1],
  ] as const)('with a changed conffile and --conffiles=%s have it so', async (conffiles, content, told) => {
    await put('etc/tool.conf', 'by hand\n');
    await put('etc/tool.conf.dpkg-dist', 'as shipped\n');
    const { debs, notices } = await pack({ conffiles });
    const { entries } = debs.get('tool_2.0-1_amd64.deb')!;
    expect(entries.find(({ path }) => path === './etc/tool.conf')?.body.toString() ?? null).toBe(content);
    expect(notices).toHaveLength(told);
  });

  test('with changed, missing, diverted and overridden files are told of by name', async () => {
    await put('usr/bin/tool', 'changed', 0o755);
    await rm(join(root, 'lib/libtool.so.1'));
    await put('usr/bin/alias.real', 'diverted');
    await put('var/lib/dpkg/diversions', '/usr/bin/alias\n/usr/bin/alias.real\n:\n');
    await put('var/lib/dpkg/statoverride', 'root daemon 2755 /usr/bin/same\n');
    const { debs, notices } = await pack();
    expect(notices).toEqual([
      '2 files differ from their packages and are taken as they are: /usr/bin/same, /usr/bin/tool',
      '1 file is missing on this host and in the base: /lib/libtool.so.1',
      '1 file is diverted on this host, and taken from where it was diverted to: /usr/bin/alias',
      '1 file has an owner or mode of dpkg-statoverride(1), and keeps it: /usr/bin/same',
    ]);
    const { entries } = debs.get('tool_2.0-1_amd64.deb')!;
    expect(entries.find(({ path }) => path === './usr/bin/alias')!.body.toString()).toBe('diverted');
  });

  test('that are not installed, or whose files this user may not read, are refused', async () => {
    await expect(pack({ job: { include: ['left'] } })).rejects.toMatchObject({
      message: 'there is no package `left`',
      hint: `name packages that are installed in \`${root}\``,
    });
    await chmod(join(root, 'usr/bin/other'), 0);
    const refused = withoutRights(() => pack({ job: { include: ['other'] } }));
    await expect(refused).rejects.toMatchObject({
      code: 'host/unreadable-files',
      details: ['`/usr/bin/other`'],
    });
  });

  test('need a database of dpkg', async () => {
    await rm(join(root, 'var/lib/dpkg/status'));
    await expect(pack()).rejects.toMatchObject({ code: 'host/no-packages' });
  });
});
