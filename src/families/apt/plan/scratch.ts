/** Debian's side of scratch images. */
import type { TarEntry } from '../../../formats/tar.ts';
import type { LoadedRecipe } from '../../../recipe/recipes.ts';
import { normalizeEntryPath } from '../../../rootfs/tree-path.ts';
import type { ScratchParts } from '../../family.ts';
import { readControl } from '../package/control.ts';
import type { AptRecipe } from '../recipe.ts';
import { libraryOwners } from './planner.ts';

export const scratch: ScratchParts = {
  variant: 'custom',
  lockedVariant: 'scratch',
  certificates: 'ca-certificates',
  bundleOf,
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
  // As in distroless images: without dpkg there is no database of its own.
  databaseOf: (packages) =>
    packages.map(({ locked, control }) => ({
      path: `var/lib/dpkg/status.d/${locked.name}`,
      content: control.get('control')?.body ?? '',
    })),
  // By what the archive says of its contents.
  async librarySources(job, recipe, io) {
    const owners = await libraryOwners(job, recipe as LoadedRecipe<AptRecipe>, io);
    return { sourcesOf: (library) => owners.get(library) ?? [], opens: 'named' };
  },
};

/** The certificates of Debian's ca-certificates in one text, as its update-ca-certificates(8) joins them. */
function bundleOf(entries: readonly TarEntry[]): string {
  return entries
    .filter(({ path, type }) => type === 'file' && /^\.?\/?usr\/share\/ca-certificates\/.*\.crt$/.test(path))
    .map(({ path, body }) => ({ path: normalizeEntryPath(path), text: body.toString('latin1') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ text }) => (text.endsWith('\n') ? text : `${text}\n`))
    .join('');
}
