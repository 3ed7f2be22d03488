import { MkbaseError, restated } from '../../../errors.ts';
import { archOf } from '../../../recipe/arch.ts';
import type { LoadedRecipe } from '../../../recipe/recipes.ts';
import { Root } from '../../../rootfs/root.ts';
import type { HostRequest, PackedHost } from '../../family.ts';
import { hostArch } from '../../host-arch.ts';
import { openPackagesIndex } from '../archive/packages-index.ts';
import type { AptSource } from '../choose/apt-version.ts';
import { choosePackages } from '../choose/variants.ts';
import { packDeb } from '../package/pack-deb.ts';
import type { AptRecipe, AptVariant, Solver } from '../recipe.ts';
import {
  type Deviations,
  InstalledFiles,
  type InstalledStanza,
  noDeviations,
  readInstalledStanzas,
} from './installed-files.ts';

/**
 * Makes package files of the packages that are installed in a root filesystem: those that the request asks for,
 * with what they need, all as they are installed there. Nothing is asked of a network.
 *
 * @throws MkbaseError `host/no-packages`, `host/unreadable-files`, `lock/other-packages`, `resolution/…`
 */
export function packHost(request: HostRequest): PackedHost {
  const root = new Root(request.root);
  try {
    const stanzas = readInstalledStanzas(root);
    const wanted = request.job.lock === null ? chosen(stanzas, request) : locked(stanzas, request);
    const files = new InstalledFiles(root, request.conffiles);
    const deviations = noDeviations();
    const paths = wanted.map((stanza) =>
      request.write(fileNameOf(stanza), packDeb(files.pack(stanza, deviations))),
    );
    const canConfigure = ['dpkg', 'dash'].every((needed) => wanted.some(({ name }) => name === needed));
    const changed = deviations.conffiles.map((path) => path.slice(1));
    return { files: paths, changed, canConfigure, notices: noticesOf(deviations) };
  } finally {
    root.release();
  }
}

function chosen(stanzas: readonly InstalledStanza[], request: HostRequest): InstalledStanza[] {
  try {
    return choose(stanzas, request).map((one) => stanzas.find((stanza) => isSame(stanza, one))!);
  } catch (error) {
    if (!(error instanceof MkbaseError) || !error.code.startsWith('resolution/')) throw error;
    throw restated(error, { hint: `name packages that are installed in \`${request.root}\`` });
  }
}

function choose(stanzas: readonly InstalledStanza[], { job, recipe: found }: HostRequest) {
  const recipe = found as LoadedRecipe<AptRecipe>;
  return choosePackages([sourceOf(stanzas)], {
    arch: archOf(recipe, job.arch ?? hostArch()),
    variant: job.variant as AptVariant,
    include: job.include,
    exclude: job.exclude,
    recommends: job.recommends,
    withRequired: !recipe.withoutRequired.includes(job.variant as AptVariant),
    solver: (job.solver as Solver | null) ?? recipe.solver,
  });
}

/** Those of the lock, which have to be installed in the same versions. */
function locked(stanzas: readonly InstalledStanza[], { job, root }: HostRequest): InstalledStanza[] {
  return job.lock!.packages.map((one) => {
    const stanza = stanzas.find((installed) => isSame(installed, one));
    if (stanza !== undefined) return stanza;
    throw new MkbaseError(
      'lock/other-packages',
      `\`${one.name} ${one.version}\` is not installed in \`${root}\``,
      {
        hint: 'build on a host that has the packages of the lock, or make the base without `--lock`',
      },
    );
  });
}

function fileNameOf({ name, version, arch }: Identity): string {
  return `${name}_${version.replace(/^\d+:/, '')}_${arch}.deb`;
}

type Identity = Pick<InstalledStanza, 'name' | 'version' | 'arch'>;

function isSame(a: Identity, b: Identity): boolean {
  return a.name === b.name && a.version === b.version && a.arch === b.arch;
}

/** The installed packages as the index of a suite: their files and digests come into being later. */
function sourceOf(stanzas: readonly InstalledStanza[]): AptSource {
  const undecided = `Filename: installed\nSize: 0\nSHA256: ${'0'.repeat(64)}\n`;
  const text = stanzas.map(({ control }) => `${control}${undecided}`).join('\n');
  const index = openPackagesIndex(Buffer.from(text, 'latin1'));
  return { pocket: 'host', names: ['host'], isSuite: true, pin: 500, index };
}

/** In words for one file, and for several. */
const TOLD: Readonly<Record<Exclude<keyof Deviations, 'conffiles'>, readonly [string, string]>> = {
  changed: [
    'file differs from its package and is taken as it is',
    'files differ from their packages and are taken as they are',
  ],
  missing: ['file is missing on this host and in the base', 'files are missing on this host and in the base'],
  diverted: [
    'file is diverted on this host, and taken from where it was diverted to',
    'files are diverted on this host, and taken from where they were diverted to',
  ],
  overridden: [
    'file has an owner or mode of dpkg-statoverride(1), and keeps it',
    'files have owners or modes of dpkg-statoverride(1), and keep them',
  ],
  omitted: [
    'conffile was changed on this host, and is left out',
    'conffiles were changed on this host, and are left out',
  ],
};

const SHOWN = 5;

function noticesOf(deviations: Deviations): readonly string[] {
  return Object.entries(TOLD).flatMap(([kind, [one, several]]) => {
    const paths = [...new Set(deviations[kind as keyof typeof TOLD])].sort();
    if (paths.length === 0) return [];
    const shown = paths.slice(0, SHOWN).join(', ');
    const more = paths.length > SHOWN ? ` and ${paths.length - SHOWN} more` : '';
    return [`${paths.length} ${paths.length === 1 ? one : several}: ${shown}${more}`];
  });
}
