import type { Account } from './additions/account.ts';
import type { Addition } from './additions/addition.ts';
import type { Durability } from './durable.ts';
import type { TlsSettings } from './fetch/agent.ts';
import type { Hook, Verbosity } from './hooks/hook.ts';
import type { Image, ImageIndex } from './image/image.ts';
import type { ImageFormat, LayerCodec } from './image/media-types.ts';
import type { ImageSettings } from './image/settings.ts';
import type { Check, Lock } from './lock/lock.ts';
import type { Recipe } from './recipe/recipe.ts';
import type { LoadedRecipe } from './recipe/recipes.ts';
import type { RegistrySettings } from './registry/session.ts';
import type { RuleTally } from './rootfs/exclusion-tally.ts';
import type { SbomFormat } from './sbom/format.ts';

/**
 * How the files of the rootfs get their owners and scripts their isolation. `chroot`: root without the right
 * to make namespaces, as in a plain container; scripts are confined to the rootfs by chroot(2) alone.
 */
export type Mode = 'root' | 'unshare' | 'chroot' | 'none';

/** Choices that mean something to one family alone: each reads and writes its own in a request. */
export interface FamilyChoices {
  /** Empty means all of the recipe's. */
  readonly pockets: readonly string[];
  /** Priorities by suite, apt_preferences(5). */
  readonly pins: readonly Pin[];
  /** The moment that the suite's pockets are taken as of; null is the present. */
  readonly snapshot: Date | null;
  /** Whether packages must carry good signatures of their own, where they have some. */
  readonly checkPackages: boolean;
  readonly recommends: boolean;
  /** Whether /bin, /sbin and /lib are links into /usr; null leaves it to the suite and the variant. */
  readonly mergedUsr: boolean | null;
  /** The solver to choose like; null for that of the suite's own apt. */
  readonly solver: string | null;
  /** Whether the recipe's preferences between alternatives count. */
  readonly preferences: boolean;
  /** Text in debconf-set-selections(1)'s format. */
  readonly debconfSelections: string | null;
  /** Write the apt and dpkg settings of Docker's official images. */
  readonly dockerSettings: boolean;
  /** Write `/var/lib/dpkg/status.d` in the place of dpkg's database. */
  readonly statusDirectory: boolean;
}

/** The choices of a request that makes none. */
export const NO_CHOICES: FamilyChoices = {
  ...{ pockets: [], pins: [], snapshot: null, checkPackages: false, recommends: false, mergedUsr: null },
  ...{ solver: null, preferences: true, debconfSelections: null },
  ...{ dockerSettings: false, statusDirectory: false },
};

/** The machine's part of a job: another machine has its own, and no request holds it. */
export interface HostSettings {
  /** For https; in no Request, Lock, image or log. */
  readonly tls: TlsSettings;
  /** The clock that signatures and dates are judged by. */
  readonly now: Date;
  readonly cacheDir: string;
  /** Where the key is that what is made and kept is sealed with; without it none of that is used or kept. */
  readonly stateDir?: string;
  /** Whether a result may come from the cache; left out, it may. */
  readonly cacheResults?: boolean;
  /** Bytes that the cache may have when a base is made; left out, any number. */
  readonly cacheSize?: number;
  readonly offline: boolean;
  readonly mode: Mode | 'auto';
  /** Unpacking workers. */
  readonly jobs: number;
}

/** One architecture of a request, on a host, checked and completed: no default is decided later than here. */
export interface Job extends FamilyChoices, HostSettings {
  /** As the user wrote it: `bookworm`, `debian:12`, `stable`. */
  readonly suite: string;
  /** The recipe of `suite`. */
  readonly recipe: LoadedRecipe<Recipe>;
  /** As the user wrote it; null means the host's. */
  readonly arch: string | null;
  readonly variant: string;
  readonly include: readonly string[];
  /** Absolute paths of package files that are included too. */
  readonly localPackages: readonly string[];
  /** Whether these were made of what is installed on this host. */
  readonly fromHost: boolean;
  readonly exclude: readonly string[];
  /** Empty means the recipe's default, `main`. */
  readonly components: readonly string[];
  /** An explicit mirror, which replaces the recipe's mirrors; null takes the host's, then the recipe's. */
  readonly mirror: string | null;
  /** Sources of the user's own, in order. */
  readonly sources: readonly GivenSource[];
  /** Whether `sources` stand in place of the suite's pockets, and not beside them. */
  readonly sourcesOnly: boolean;
  /** Files of OpenPGP keys that replace the recipe's; empty means the recipe's. */
  readonly keyrings: readonly string[];
  readonly checksOff: readonly Check[];
  /** Seconds; a Release older than this is refused. */
  readonly maxAge: number | null;
  /** Whether jobs with the same base follow: their common start is then kept at once. */
  readonly hasFollowers?: boolean;
  readonly scripts: 'run' | 'skip';
  /** Seconds that one script, or one hook, may take; null is no limit. */
  readonly scriptTimeout: number | null;
  /** In the order given; of several phases they run by phase. */
  readonly hooks: readonly Hook[];
  /** `path-exclude=GLOB` and `path-include=GLOB`, in order, as in dpkg.cfg. */
  readonly pathRules: readonly string[];
  /** A tar of local content to put into the image, from packAdditions; null for none. */
  readonly additions: Buffer | null;
  /** What was packed into `additions`. */
  readonly added: readonly Addition[];
  readonly accounts: readonly Account[];
  /** Keep private keys that scripts have drawn. */
  readonly keepSecrets: boolean;
  /** The complete settings of a container. */
  readonly settings: ImageSettings;
  readonly annotations: Readonly<Record<string, string>>;
  /** Seconds since 1970; null is the epoch. */
  readonly created: number | null;
  /** Seconds since 1970 that stand for now in files and scripts; null is the newest package's time. */
  readonly epoch: number | null;
  readonly format: ImageFormat;
  readonly compression: LayerCodec;
  /** The lock to build, instead of resolving with the index. */
  readonly lock: Lock | null;
  /** Bills of materials to make. */
  readonly sbom: readonly SbomFormat[];
  /** Where to write the lock: null means beside the target, false nowhere. */
  readonly lockOut: string | false | null;
}

/** A priority that the user gave, apt_preferences(5). */
export interface Pin {
  /** The name of a pocket, or what a Release calls itself: `Suite` or `Codename`. */
  readonly suite: string;
  readonly priority: number;
}

/** A source beside the suite's pockets: an address, or text in the form of sources.list(5). */
export type GivenSource =
  | { readonly kind: 'url'; readonly url: string }
  | {
      readonly kind: 'list';
      readonly text: string;
      /** Base name of the file that it was read from; null for a line, and for standard input. */
      readonly file: string | null;
      /** Absolute path of the directory that relative names in it begin at. */
      readonly folder: string;
    };

export type Phase = 'plan' | 'fetch' | 'stage' | 'configure' | 'deliver';

/**
 * The events of a running job. Only the command line prints these. A phase begins with `phase`, whose
 * `packages` and `bytes` are its totals; `bytes` counts those that arrived from the network since
 * the last one, for the rate, and `sent` those that went to registries or were there already; `fetched` with
 * `cached` counts a package that needed no network.
 */
export type Event =
  | { readonly type: 'phase'; readonly phase: Phase; readonly packages?: number; readonly bytes?: number }
  | { readonly type: 'fetched'; readonly name: string; readonly bytes: number; readonly cached: boolean }
  | { readonly type: 'bytes' | 'sent'; readonly bytes: number }
  | { readonly type: 'staged'; readonly name: string }
  | { readonly type: 'configured'; readonly name: string }
  | { readonly type: 'log'; readonly line: string }
  | { readonly type: 'notice' | 'warning'; readonly message: string };

/** The result, wherever it went. */
export interface BuildResult {
  /** One an architecture. */
  readonly locks: readonly Lock[];
  /** Null where none was written. */
  readonly lockFile: string | null;
  readonly sbomFiles: readonly string[];
  /** The count over all architectures. */
  readonly packages: number;
  /** Bytes of files in the rootfs. */
  readonly size: number;
  readonly entries: number;
  /** The files that each path rule left out, the largest first. */
  readonly excluded: readonly RuleTally[];
  /** Null where no target takes an image. */
  readonly image: Image | ImageIndex | null;
}

/** The surroundings of a job: passed in, so that a test decides them. */
export interface Surroundings extends Durability {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly emit: (event: Event) => void;
  /** The verbosity that hooks get; as usual, where it is left out. */
  readonly verbosity?: Verbosity;
  /** How registries are spoken with. */
  readonly registry?: RegistrySettings;
}

/** The machine that a request is done on. */
export interface Host extends HostSettings, Surroundings {}
