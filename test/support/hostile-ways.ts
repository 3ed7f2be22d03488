import type { RepositoryPackage } from './apt-repository.ts';
import type { TarSpec } from './tar.ts';

/** A package that means harm to `host`, a folder outside of the root, and what becomes of it. */
export interface Way {
  readonly name: string;
  readonly spec: Omit<RepositoryPackage, 'name'>;
  /** The code of its refusal; none where it is installed and does no harm. */
  readonly refusal?: string;
}

/** Where links are planted, and whether mkbase writes its own files below. */
const DIRECTORIES: Readonly<Record<string, 'own' | 'other'>> = {
  etc: 'own',
  'etc/apt': 'own',
  'etc/apt/sources.list.d': 'own',
  dev: 'own',
  'var/lib': 'own',
  'var/lib/dpkg': 'own',
  'var/lib/dpkg/info': 'own',
  'var/lib/dpkg/triggers': 'own',
  tmp: 'other',
  proc: 'other',
  sys: 'other',
  usr: 'other',
  'usr/bin': 'other',
  lib: 'other',
  'var/lib/apt': 'other',
};

export function hostileWays(host: string): readonly Way[] {
  const up = `${'../'.repeat(30)}${host.slice(1)}`;
  const entries = (...list: readonly TarSpec[]) => ({ entries: list });
  const link = (path: string, target = host): TarSpec => ({ path: `./${path}`, type: 'symlink', target });
  const hard = (path: string, target: string): TarSpec => ({ path: `./${path}`, type: 'hardlink', target });
  const attribute = (key: string, value = 'v') =>
    entries({ path: './opt/a', content: 'x', pax: { [`SCHILY.xattr.${key}`]: value } });
  const refused = (name: string, refusal: string, spec: Way['spec']): Way => ({ name, refusal, spec });
  const harmless = (name: string, spec: Way['spec']): Way => ({ name, spec });

  return [
    ...Object.entries(DIRECTORIES).map(([path, whose]): Way => {
      const spec = entries(link(path));
      return whose === 'own'
        ? refused(`a link at ${path}`, 'package/path-in-the-way', spec)
        : harmless(`a link at ${path}`, spec);
    }),
    refused('a relative link at etc', 'package/path-in-the-way', entries(link('etc', up))),
    refused('a link to a link at etc', 'package/path-in-the-way', entries(link('x1'), link('etc', 'x1'))),
    refused(
      'links in a circle',
      'package/link-loop',
      entries(link('c', 'd'), link('d', 'c'), { path: './c/x' }),
    ),
    ...['etc/fstab', 'var/lib/dpkg/status', 'var/lib/dpkg/arch', 'dev/null'].map((path) =>
      harmless(`a link at the file ${path}`, entries(link(path, `${host}/passwd`))),
    ),
    harmless('a link and a file through it', entries(link('a1'), { path: './a1/file', content: 'x' })),
    harmless(
      'a relative link and a file through it',
      entries(link('a2', up), { path: './a2/fstab', content: 'x' }),
    ),
    harmless(
      'a link and a directory through it',
      entries(link('a3'), { path: './a3/directory', type: 'directory' }),
    ),
    harmless(
      'a link and a link through it',
      entries(link('a4'), { path: './a4/link2', type: 'symlink', target: 'x' }),
    ),
    harmless('a link and a pipe through it', entries(link('a5'), { path: './a5/pipe', type: 'fifo' })),
    refused(
      'a link and a mode through it',
      'package/file-conflict',
      entries(link('a6'), { path: './a6/', type: 'directory', mode: 0o777 }),
    ),
    harmless(
      'a link, then a file of its name',
      entries(link('a7', `${host}/passwd`), { path: './a7', content: 'x' }),
    ),
    harmless(
      'a link, then a hard link to it',
      entries(link('a8', `${host}/passwd`), { path: './a9', content: 'x' }, hard('a10', './a9')),
    ),
    refused('a hard link to the host', 'package/bad-hardlink', entries(hard('h1', `.${host}/passwd`))),
    refused('a hard link out', 'package/path-escape', entries(hard('h2', `${up}/passwd`))),
    refused(
      'a hard link through a link',
      'package/bad-hardlink',
      entries(link('h3'), hard('h4', './h3/passwd')),
    ),
    refused('a way up', 'package/path-escape', entries({ path: `./${up}/new`, content: 'x' })),
    refused(
      'a way up at the end',
      'package/path-escape',
      entries({ path: './opt/..', type: 'directory', mode: 0o777 }),
    ),
    refused('a newline', 'package/newline-in-path', entries({ path: `./n\n${host}/passwd` })),
    harmless('an absolute path', entries({ path: `${host}/new`, content: 'x' })),
    harmless('bytes that are no text', entries({ path: './opt/\xff\xfe', content: 'x' })),
    refused('a long name', 'package/name-too-long', entries({ path: `./${'a'.repeat(300)}`, content: 'x' })),
    refused(
      'a long path',
      'package/name-too-long',
      entries({ path: `./${'b/'.repeat(2500)}f`, content: 'x' }),
    ),
    refused('a long link', 'package/name-too-long', entries(link('l', 'c'.repeat(5000)))),
    harmless(
      'a name of 255 bytes, twice',
      entries({ path: `./${'d'.repeat(255)}` }, { path: `./${'d'.repeat(255)}` }),
    ),
    harmless('a deep path', entries({ path: `./${'e/'.repeat(500)}f`, content: 'x' })),
    harmless('setuid and sticky bits', entries({ path: './opt/s', content: 'x', mode: 0o7777 })),
    harmless('an owner up high', entries({ path: './opt/o', content: 'x', uid: 2 ** 31 - 1, gid: 65_534 })),
    refused(
      'an owner that is none',
      'package/bad-owner',
      entries({ path: './o', pax: { uid: String(2 ** 32 - 1) } }),
    ),
    refused(
      'a device that is none',
      'package/bad-device',
      entries({ path: './n', type: 'char', device: [4096, 0] }),
    ),
    harmless('a time before 1970', entries({ path: './opt/t', content: 'x', pax: { mtime: '-86400.5' } })),
    harmless('a time far ahead', entries({ path: './opt/u', content: 'x', pax: { mtime: '99999999999' } })),
    harmless('an attribute of nobody', attribute('foo.bar')),
    harmless('capabilities that are none', attribute('security.capability', 'junk')),
    harmless('an attribute of 70,000 bytes', attribute('user.x', 'v'.repeat(70_000))),
    harmless(
      'names of temporary files',
      entries(
        ...['f', 'f.mkbase-new', 'f.dpkg-new', 'f.dpkg-tmp', 'f', 'f'].map((name) => ({
          path: `./opt/${name}`,
          content: 'x',
        })),
      ),
    ),
    refused(
      'a file below a file',
      'package/below-a-file',
      entries({ path: './f1', content: 'x' }, { path: './f1/g' }),
    ),
    refused(
      'a file below a link to a file',
      'package/below-a-file',
      entries({ path: './f2', content: 'x' }, link('f3', 'f2'), { path: './f3/g' }),
    ),
    refused(
      'a file over a directory',
      'package/file-over-directory',
      entries({ path: './usr/bin', content: 'x' }),
    ),
    refused(
      'a file over a directory that it has made',
      'package/file-over-directory',
      entries({ path: './f4/g' }, { path: './f4' }),
    ),
    harmless('a link over a directory that it has made', entries({ path: './f5/g' }, link('f5'))),
    refused(
      'a file of another package',
      'package/file-conflict',
      entries({ path: './usr/bin/tool', content: 'x' }),
    ),
    refused('a name that leads out', 'package/bad-name', {
      fields: { Package: up },
      index: { Package: 'evil' },
    }),
    refused('an architecture that leads out', 'package/bad-name', {
      multiArch: 'same',
      fields: { Architecture: up },
      index: { Architecture: 'amd64' },
    }),
    refused('the name of another', 'package/other-package', {
      fields: { Package: 'base' },
      index: { Package: 'evil' },
    }),
    refused('a trigger that leads out', 'package/bad-name', {
      control: { triggers: `interest-noawait ${up}/new\n` },
    }),
    refused('a trigger named like a file of dpkg', 'package/bad-name', {
      control: { triggers: 'interest Unincorp\n' },
    }),
    refused('a control file that leads out', 'package/bad-control', { control: { '../../../x': 'x' } }),
    harmless('a file trigger on the host', { control: { triggers: `interest-noawait ${host}\n` } }),
    harmless('a conffile of the host', { control: { conffiles: `${host}/passwd\n` } }),
    harmless('a conffile behind a link', {
      ...entries(link('c1'), { path: './c1/passwd', content: 'x' }),
      control: { conffiles: '/c1/passwd\n' },
    }),
    harmless('a conffile that leads out', { control: { conffiles: `/${up}/passwd\n` } }),
    harmless('a list of its own files', {
      control: { list: `${host}/passwd\n`, md5sums: `x  ${up}/passwd\n` },
    }),
    harmless(
      'diversions of its own',
      entries({ path: './var/lib/dpkg/diversions', content: `/usr/bin/tool\n${host}/passwd\n:\n` }),
    ),
    harmless(
      'overrides of its own',
      entries({ path: './var/lib/dpkg/statoverride', content: `root root 4777 ${host}/passwd\n` }),
    ),
    harmless('a passwd that is a pipe', entries({ path: './etc/passwd', type: 'fifo' })),
    harmless('a passwd that leads to the host', entries(link('etc/passwd', `${host}/passwd`))),
    harmless('apt settings that lead to the host', entries(link('etc/apt/apt.conf', `${host}/passwd`))),
  ];
}
