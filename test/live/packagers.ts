/** Packages made by the tools that vendors make theirs with. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Packager {
  /** The package's name too. */
  readonly name: string;
  readonly needs: readonly string[];
  /** Files of the folder that `script` runs in, executable where they begin with `#!`. */
  readonly files: Readonly<Record<string, string>>;
  /** Makes one package there, whatever its name. */
  readonly script: string;
}

const MARK = (name: string) => `#!/bin/sh\nset -e\necho "$0 $*" | sed 's,.*/,,' >> /etc/${name}-ran\n`;
const control = (name: string, more = '') =>
  `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: x\n${more}`;

/** The output of nfpm for all kinds of contents, in each of its compressions. */
const nfpm = (compression: string, more = ''): Packager => ({
  name: `nfpm-${compression}`,
  needs: ['nfpm'],
  files: {
    run: MARK(`nfpm-${compression}`),
    'tree/a': 'a\n',
    'tree/sub/b': 'b\n',
    'nfpm.yaml': `
name: nfpm-${compression}
arch: amd64
version: v1.2.3-rc.1+git5
release: 2
maintainer: T <t@example.org>
description: "An app\\nwith lines\\n\\nand an empty one"
contents:
  - { src: tree/a, dst: /etc/nfpm-${compression}/a.conf, type: config }
  - src: tree/a
    dst: /etc/nfpm-${compression}/kept.conf
    type: config|noreplace
    file_info: { mode: 0640, owner: www-data, group: adm, mtime: 2020-01-02T03:04:05Z }
  - { src: tree, dst: /opt/nfpm-${compression}, type: tree }
  - { src: /opt/nfpm-${compression}/a, dst: /usr/bin/nfpm-${compression}, type: symlink }
  - { dst: /var/lib/nfpm-${compression}, type: dir, file_info: { mode: 02750, owner: mail, group: nobody-here } }
  - { src: tree/a, dst: /usr/lib/systemd/system/nfpm-${compression}.service }
scripts: { preinstall: run, postinstall: run, preremove: run }
${more}
deb:
  compression: ${compression}
  triggers: { interest_noawait: [/opt/watched] }
`,
  },
  script: 'nfpm package -f nfpm.yaml -p deb -t .',
});

const cpack = (name: string, more: string): Packager => ({
  name,
  needs: ['cmake', 'cpack'],
  files: {
    'a.conf': 'a\n',
    postinst: MARK(name),
    conffiles: `/etc/${name}/a.conf\n`,
    'CMakeLists.txt': `
cmake_minimum_required(VERSION 3.18)
project(${name} VERSION 1.2.3 LANGUAGES NONE)
install(FILES a.conf DESTINATION /etc/${name})
install(PROGRAMS postinst DESTINATION bin RENAME ${name})
install(DIRECTORY DESTINATION share/${name}/empty)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "T <t@example.org>")
${more}
include(CPack)
`,
  },
  script: 'cmake -B built . && cd built && cpack && mv *.deb ..',
});

const dpkgDeb = (name: string, options: string, prepare = ''): Packager => ({
  name,
  needs: ['dpkg-deb'],
  files: {
    'root/DEBIAN/control': control(name),
    'root/DEBIAN/postinst': MARK(name),
    [`root/opt/${name}/file`]: 'x\n',
  },
  script: `chmod -R u=rwX,go=rX root; ${prepare}:; dpkg-deb ${options} --build root .`,
});

export const PACKAGERS: readonly Packager[] = [
  nfpm('gzip'),
  nfpm('xz', 'epoch: 1\nsection: default\npriority: extra'),
  nfpm('zstd', 'depends: [passwd]\nprovides: [nfpm-any]\nreplaces: [none-such]'),
  nfpm('none', 'umask: 0o077'),
  cpack('cpack-plain', ''),
  cpack(
    'cpack-scripts',
    `set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "\${CMAKE_SOURCE_DIR}/postinst;\${CMAKE_SOURCE_DIR}/conffiles")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)`,
  ),
  {
    name: 'checkinstalled',
    needs: ['checkinstall', 'make'],
    files: {
      Makefile:
        'install:\n\tinstall -D Makefile /usr/local/bin/checkinstalled\n\tinstall -Dm 640 -o www-data Makefile /etc/checked.conf\n',
    },
    script: `checkinstall -y --type=debian --install=no --fstrans=yes --nodoc --backup=no --pkgname=checkinstalled \\
      --pkgversion=1 --maintainer=t@example.org --arch=amd64 make install < /dev/null`,
  },
  {
    name: 'debhelped',
    needs: ['dpkg-buildpackage', 'dh', 'make'],
    files: {
      'it/debian/control': `Source: debhelped\nMaintainer: T <t@example.org>\nBuild-Depends: debhelper-compat (= 13)\n\nPackage: debhelped\nArchitecture: all\nDepends: \${misc:Depends}\nDescription: x\n`,
      'it/debian/changelog':
        'debhelped (1.0) unstable; urgency=low\n\n  * x\n\n -- T <t@example.org>  Thu, 01 Jan 2026 00:00:00 +0000\n',
      'it/debian/rules': '#!/usr/bin/make -f\n%:\n\tdh $@\n',
      'it/debian/debhelped.service':
        '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n',
      'it/debian/debhelped.tmpfiles': 'd /var/lib/debhelped 0750 root root\n',
      'it/debian/debhelped.install': 'a.conf etc/debhelped\n',
      'it/debian/debhelped.links': 'etc/debhelped/a.conf usr/share/debhelped/a.conf\n',
      'it/debian/debhelped.triggers': 'interest-noawait /opt/watched\n',
      'it/a.conf': 'a\n',
    },
    script: 'cd it && dpkg-buildpackage -us -uc -b -d',
  },
  {
    name: 'aliened',
    needs: ['alien', 'dh'],
    files: { 'root/opt/aliened/file': 'x\n', 'root/etc/aliened.conf': 'x\n' },
    script:
      'tar -C root -czf aliened-1.0.tgz . && alien --to-deb --keep-version --fixperms --target=amd64 aliened-1.0.tgz',
  },
  dpkgDeb('built-gzip', '-Zgzip --root-owner-group'),
  dpkgDeb('built-plain', '-Znone'),
  dpkgDeb('built-mixed', '--no-uniform-compression -Zzstd', 'chown -R 1000:1000 root/opt; '),
  dpkgDeb(
    'built-extreme',
    '-Zxz -Sextreme',
    'ln root/opt/built-extreme/file root/opt/built-extreme/second; ',
  ),
  dpkgDeb(
    'built-odd-names',
    '-Zxz',
    'd=root/opt/built-odd-names; mkdir "$d/$(printf "%0120d" 0)" "$d/mit Leerzeichen é"; echo x > "$d/$(printf "%0120d" 0)/$(printf "%0100d" 1)"; ln -s "$(printf "%0150d" 2)" $d/link; ',
  ),
];

/** Makes the package in a folder of its own, and gives its path. */
export async function packWith({ name, files, script }: Packager, folder: string): Promise<string> {
  const place = join(folder, `made-${name}`);
  for (const [path, content] of Object.entries(files)) {
    const file = join(place, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
  }
  const env = { ...process.env, LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: '1700000000' };
  await promisify(execFile)('sh', ['-euc', `exec >&2; umask 022; cd '${place}'; ${script}`], { env });
  const made = (await readdir(place)).find((file) => file.endsWith('.deb'));
  const deb = join(folder, `${name}.deb`);
  await rename(join(place, made!), deb);
  return deb;
}
