/** What scratch images need to know of a family of distributions. */

import { installedText } from '../families/apk/install/installed-database.ts';
import { readPkgInfo } from '../families/apk/package/pkginfo.ts';
import { readControl } from '../families/apt/package/control.ts';
import type { TarEntry } from '../formats/tar.ts';
import type { Family, Variant } from '../recipe/recipe.ts';
import { normalizeEntryPath } from '../rootfs/tree-path.ts';
import { CA_BUNDLE, debianBundle } from './certificates.ts';
import type { TakenPackage } from './packages.ts';

export interface ScratchFamily {
  /** The variant that has nothing but what is asked for, and what that depends on. */
  readonly variant: Variant;
  /** The package that has the certificates of authorities, and how a bundle is made of it. */
  readonly certificates: string;
  readonly bundleOf: (entries: readonly TarEntry[]) => string;
  /** Whether /bin and /lib are links into /usr. */
  readonly mergesUsr: boolean;
  /** Whether a package has a script that would have configured it. */
  readonly isConfigured: (item: TakenPackage) => boolean;
  readonly relationsOf: (item: TakenPackage) => Relations;
  /** What tells scanners of the packages. */
  readonly databaseOf: (packages: readonly TakenPackage[]) => readonly DatabaseFile[];
}

/** Names: what a package is known by, and what it needs, of alternatives each. */
export interface Relations {
  readonly provides: readonly string[];
  readonly needs: readonly string[];
}

export interface DatabaseFile {
  /** As in a Tree. */
  readonly path: string;
  readonly content: string | Buffer;
}

const apt: ScratchFamily = {
  variant: 'custom',
  certificates: 'ca-certificates',
  bundleOf: debianBundle,
  mergesUsr: true,
  isConfigured: ({ control }) => control.has('postinst'),
  relationsOf({ locked, control }) {
    const text = control.get('control')?.body.toString('latin1') ?? '';
    const { provides, preDepends, depends } = readControl(text, '');
    return {
      provides: [locked.name, ...provides.map(({ name }) => name)],
      needs: [...preDepends, ...depends].flat().map(({ name }) => name),
    };
  },
  // Where distroless images have it: there is no dpkg, and so no database of its own.
  databaseOf: (packages) =>
    packages.map(({ locked, control }) => ({
      path: `var/lib/dpkg/status.d/${locked.name}`,
      content: control.get('control')?.body ?? '',
    })),
};

const apk: ScratchFamily = {
  variant: 'empty',
  certificates: 'ca-certificates-bundle',
  bundleOf(entries) {
    const bundle = entries.find(
      ({ path, type }) => type === 'file' && normalizeEntryPath(path) === CA_BUNDLE,
    );
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
};

function infoOf(control: TakenPackage['control']) {
  return readPkgInfo(control.get('.PKGINFO')?.body.toString('latin1') ?? '');
}

export const SCRATCH_FAMILIES: Readonly<Record<Family, ScratchFamily>> = { apt, apk };
