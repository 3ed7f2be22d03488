/** Alpine's side of scratch images. */
import { normalizeEntryPath } from '../../../rootfs/tree-path.ts';
import type { ScratchParts, TakenPackage } from '../../family.ts';
import { installedText } from '../install/installed-database.ts';
import { readPkgInfo } from '../package/pkginfo.ts';

export const scratch: ScratchParts = {
  variant: 'empty',
  lockedVariant: 'empty',
  certificates: 'ca-certificates-bundle',
  bundleOf(entries) {
    const bundle = entries.find(({ path, type }) => type === 'file' && normalizeEntryPath(path) === BUNDLE);
    return bundle?.body.toString('latin1') ?? '';
  },
  mergesUsr: false,
  isConfigured: ({ control }) => control.has('.post-install'),
  relationsOf({ locked, control }) {
    const { provides, depends } = infoOf(control);
    return {
      provides: [locked.name, ...provides.map(({ name }) => name)],
      needs: depends.map(({ name }) => name),
    };
  },
  databaseOf: (packages) => [
    {
      path: 'lib/apk/db/installed',
      content: Buffer.from(
        installedText(
          packages.map(({ locked, control, identity }) => ({
            ...{ info: infoOf(control), arch: locked.arch, identity: identity ?? '', size: locked.size },
            ...{ tag: null, directories: new Map() },
          })),
        ),
        'latin1',
      ),
    },
  ],
  // By the names that libraries themselves are provided by.
  async librarySources() {
    return { sourcesOf: (library) => (GLIBC.test(library) ? [] : [soName(library)]), opens: 'all' };
  },
};

const BUNDLE = 'etc/ssl/certs/ca-certificates.crt';

/** Parts of glibc, which distributions of apk do not have. */
const GLIBC = /^(ld-linux.*|ld64|lib(c|m|dl|rt|pthread))\.so\.\d+$/;

/** The name that an apk with the library provides; musl's linker is its C library. */
function soName(library: string): string {
  return `so:${library.replace(/^ld-musl-(.+)\.so\.1$/, 'libc.musl-$1.so.1')}`;
}

function infoOf(control: TakenPackage['control']) {
  return readPkgInfo(control.get('.PKGINFO')?.body.toString('latin1') ?? '');
}
