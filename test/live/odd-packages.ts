import type { DebSpec } from '../support/deb.ts';

/** Entries that a script leaves behind. */
const mark = (name: string) => `#!/bin/sh\nset -e\necho ran > /etc/${name}-ran\n`;
/** In the shapes that packagers' tools give them, and as dpkg takes them. */
export const PACKAGES: readonly DebSpec[] = [
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
  // As fpm writes it.
  {
    name: 'fpm-made',
    version: '1.0-1',
    files: { 'etc/fpm-made/a.conf': 'a', 'usr/lib/fpm made/app': { content: 'x', mode: 0o4755 } },
    fields: {
      License: 'unknown',
      Vendor: 'me@host',
      Priority: 'extra',
      Section: 'default',
      Homepage: 'http://example.com/no-uri-given',
    },
    control: {
      conffiles: '/etc/fpm-made/a.conf\n',
      postinst: mark('fpm-made'),
      prerm: mark('fpm-made'),
      shlibs: '',
    },
  },
  // As jdeb and Bazel do: no directories at all.
  {
    name: 'no-directories',
    entries: [
      { path: 'srv/file', content: 'x' },
      { path: './usr/bin/no-directories', content: 'x' },
    ],
  },
  { name: 'nothing-in-it' },
  {
    name: 'before-the-epoch',
    files: {
      'opt/before': { content: 'x', mtime: -86_400 },
      'opt/ahead': { content: 'x', mtime: 4_102_444_800 },
    },
  },
  {
    name: 'asks',
    depends: 'debconf',
    control: {
      templates: 'Template: asks/it\nType: string\nDefault: yes\nDescription: x\n',
      config:
        '#!/bin/sh\nset -e\n. /usr/share/debconf/confmodule\ndb_input low asks/it || true\ndb_go || true\n',
      postinst:
        '#!/bin/sh\nset -e\n. /usr/share/debconf/confmodule\ndb_get asks/it\necho "$RET" > /etc/asks-ran\n',
    },
  },
  {
    name: 'alternative',
    files: { 'usr/bin/alt-a': 'a', 'usr/share/alt-a.1': 'a' },
    control: {
      postinst:
        '#!/bin/sh\nset -e\nupdate-alternatives --install /usr/bin/alt alt /usr/bin/alt-a 50 --slave /usr/share/alt.1 alt.1 /usr/share/alt-a.1\n',
    },
  },
  {
    name: 'diverts',
    files: { 'usr/bin/tzselect': 'mine' },
    control: {
      preinst:
        '#!/bin/sh\nset -e\ndpkg-divert --package diverts --rename --divert /usr/bin/tzselect.real --add /usr/bin/tzselect\n',
    },
  },
  {
    name: 'overrides',
    files: { 'opt/over/file': 'x' },
    control: { postinst: '#!/bin/sh\nset -e\ndpkg-statoverride --update --add mail adm 2750 /opt/over\n' },
  },
  { name: 'awaits', control: { triggers: 'interest /opt/awaited\n', postinst: mark('awaits') } },
  { name: 'awaited', files: { 'opt/awaited/file': 'x' }, control: { triggers: 'activate other-trigger\n' } },
  {
    name: 'same-for-all',
    arch: 'amd64',
    multiArch: 'same',
    files: { 'opt/same': 'x', 'etc/same': 'x' },
    control: { conffiles: '/etc/same\n', postinst: mark('same') },
  },
  {
    name: 'maintscripts',
    files: { 'etc/maint': 'x' },
    control: {
      conffiles: '/etc/maint\nremove-on-upgrade /etc/maint-gone\n',
      preinst: '#!/bin/sh\nset -e\ndpkg-maintscript-helper rm_conffile /etc/old 1.0~ maintscripts -- "$@"\n',
    },
  },
  {
    name: 'zz-conf-old',
    files: { 'etc/moved.conf': 'old', 'etc/stays.conf': 'x' },
    control: { conffiles: '/etc/moved.conf\n/etc/stays.conf\n' },
  },
  {
    name: 'aa-conf-new',
    replaces: 'zz-conf-old',
    files: { 'etc/moved.conf': 'new' },
    control: { conffiles: '/etc/moved.conf\n' },
  },
  {
    name: 'aa-taken',
    files: { 'etc/taken.conf': 'old', 'etc/taken.too': 'old', 'etc/taken.not': 'x' },
    control: { conffiles: '/etc/taken.conf\n/etc/taken.too\n' },
  },
  {
    name: 'zz-taker',
    replaces: 'aa-taken',
    files: { 'etc/taken.conf': 'new', 'etc/taken.too': 'new' },
    control: { conffiles: '/etc/taken.conf\n' },
  },
];

function owned(name: string, user: string, group: string, id: number): NonNullable<DebSpec['entries']> {
  return [
    { path: './opt', type: 'directory' },
    { path: `./opt/${name}`, type: 'directory', user, group, uid: id, gid: id, mode: 0o750 },
    { path: `./opt/${name}/file`, content: 'x', user, group, uid: id, gid: id, mode: 0o640 },
    { path: `./opt/${name}/link`, type: 'symlink', target: 'file', user, group, uid: id, gid: id },
  ];
}
