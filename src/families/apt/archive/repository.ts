import type { Keyring } from '../../../formats/openpgp.ts';
import type { Check } from '../../../lock/lock.ts';
import type { AptRecipe, Pocket } from '../recipe.ts';
import type { MirrorList } from './mirrors.ts';
import { stampOf } from './snapshot.ts';

/** A signed repository that packages are chosen from: a pocket of the suite, or a source of the user's own. */
export interface Repository {
  /** Its name in the Lock and in messages; no two have the same. */
  readonly name: string;
  /** The folder below `dists/`; one that ends in a slash is a flat repository. */
  readonly suite: string;
  /** Further names that its Release may carry. */
  readonly alsoNamed: readonly string[];
  readonly components: readonly string[];
  readonly arch: string;
  readonly mirrorList: MirrorList;
  /** A promise, so that the mirror is asked while the keys are read. */
  readonly keyring: Promise<Keyring>;
  /** Checks that are off here. */
  readonly checksOff: readonly Check[];
  /** sha256 of a Release that is good whatever its age, see `Pocket`. */
  readonly lastReleases: readonly string[];
  /** The name that what was seen of it is remembered by, apart from its keys. */
  readonly memory: string;
  /** The moment as of which it is read, and its dates are judged; null is the present. */
  readonly moment: Date | null;
  /** Where its states of the past are, each below a moment; null where no service has them. */
  readonly snapshots: string | null;
  /** Whether it is a pocket in an archive of its own, see `Pocket`. */
  readonly isSeparate: boolean;
  /** The address that the user wrote, without credentials; null for a pocket of the recipe. */
  readonly userUri: string | null;
}

export interface PocketSettings {
  readonly recipe: Pick<AptRecipe, 'distribution' | 'pockets'>;
  readonly components: readonly string[];
  readonly arch: string;
  readonly mirrorList: MirrorList;
  readonly keyring: Promise<Keyring>;
  readonly checksOff: readonly Check[];
  readonly moment: Date | null;
}

/** A pocket of the recipe as a repository. */
export function pocketRepository(pocket: Pocket, settings: PocketSettings): Repository {
  const { name, suite, alsoNamed = [], lastReleases = [], snapshots = null } = pocket;
  const { recipe, components, arch, mirrorList, keyring, checksOff, moment } = settings;
  return {
    ...{ name, suite, alsoNamed, lastReleases, snapshots },
    ...{ components, arch, mirrorList, keyring, checksOff, moment },
    // A state of the past says nothing of the present one.
    memory: `${memoryOf(pocket, recipe)}${moment === null ? '' : `/${stampOf(moment)}`}`,
    isSeparate: pocket.separate !== undefined,
    userUri: null,
  };
}

/** Archives beside each other may have a suite of the same name each. */
function memoryOf({ name, suite }: Pocket, { distribution, pockets }: PocketSettings['recipe']): string {
  const [first] = pockets.filter((pocket) => pocket.suite === suite);
  return `${distribution}/${suite}${first === undefined || first.name === name ? '' : `/${name}`}`;
}

/** The Release of a repository, as messages call it. */
export function releaseName({ suite, userUri }: Repository): string {
  return `the Release of \`${suite}\`${userUri === null ? '' : ` of \`${userUri}\``}`;
}
