/** The interface of a family of distributions. */
import type { Derived } from '../derived/derived.ts';
import type { Http } from '../fetch/http.ts';
import type { Store } from '../fetch/store.ts';
import type { TarEntry } from '../formats/tar.ts';
import type { Hooks } from '../hooks/run.ts';
import type { FamilyChoices, Job, Mode } from '../job.ts';
import type { JsonSchema } from '../json-schema.ts';
import type { Lock, LockedFamily, LockedFile, LockedIndex, LockedPackage } from '../lock/lock.ts';
import type { LockSection } from '../lock/section.ts';
import type { PlatformNames } from '../recipe/arch.ts';
import type { RecipeForm } from '../recipe/form.ts';
import type { Mirrors, Recipe } from '../recipe/recipe.ts';
import type { RecipeSource } from '../recipe/recipe-source.ts';
import type { LoadedRecipe } from '../recipe/recipes.ts';
import type { Excluded, Exclusion } from '../rootfs/exclusions.ts';
import type { PackageFile, PackageReader } from '../rootfs/package-file.ts';
import type { Tree } from '../rootfs/tree.ts';
import type { Unpacker } from '../rootfs/unpack.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** All that is known of a family. What is large is loaded when it is asked for: no command needs all. */
export interface Family {
  /** As recipes and locks name it. */
  readonly name: string;
  /** The distributions that have it: `Debian and Ubuntu`. */
  readonly distributions: string;
  /** The values of `--variant`; the first is the default. */
  readonly variants: readonly string[];
  /** Options of the command line that mean something to this family alone. */
  readonly options: readonly string[];
  /** A hint where an entry of `--include` or `--exclude` names no package; null where it does. */
  readonly nameFault: (option: 'include' | 'exclude', entry: string) => string | null;
  /** Whether the suite knows bases in which /bin, /sbin and /lib are directories. */
  readonly knowsSplitUsr: (recipe: Recipe) => boolean;
  /** The signed repositories of a suite, and where they are. */
  readonly repositoriesOf: (recipe: Recipe) => readonly OfficialRepository[];
  /** Its names of architectures that Debian uses for something else. */
  readonly platforms: PlatformNames;
  /** The type of its package URLs, github.com/package-url/purl-spec. */
  readonly purlType: string;
  /** Negative, zero, positive, as the first version is older, equal, newer. */
  readonly compareVersions: (a: string, b: string) => number;
  /** How its recipes are read. */
  readonly recipeForm: RecipeForm;
  /** Its section of a lock. */
  readonly lock: LockSection;
  /** Its section of a request. */
  readonly request: RequestSection;
  readonly database: Database;
  readonly ownArch: OwnArch;
  readonly planner: () => Promise<Planner>;
  readonly installer: () => Promise<Installer>;
  readonly reader: () => Promise<PackageReader>;
  /** Unpacking threads to start before its packages are known; more are started as there are more bytes. */
  readonly early: number;
  readonly scratch: () => Promise<ScratchParts>;
  /** Derives the recipe of an unknown suite from its sources; null where sources do not say enough. */
  readonly derive: ((request: DeriveRequest, io: PlanIo) => Promise<RecipeSource>) | null;
  /** The recipe that a Lock holds of its suite; null where that is not enough to build it again. */
  readonly recipeOfLock: ((lock: Lock) => RecipeSource) | null;
  /** Packages that are installed in a root filesystem, as package files; null where that cannot be done. */
  readonly hostPackages: HostPackages | null;
  /**
   * Reads the indexes of a plan again, from the cache where they are; `uriOf` is the address that the system's
   * sources name. Null where the mirror has others by now; null itself where a system does not keep them.
   */
  readonly readLists:
    | ((plan: Plan, io: PlanIo, uriOf: (index: LockedIndex) => string) => Promise<Lists | null>)
    | null;
}

export interface HostPackages {
  /** The file that says what is installed, below the root. */
  readonly database: string;
  readonly pack: (request: HostRequest) => Promise<PackedHost>;
}

/** The indexes of a plan as its package manager keeps them on a system. */
export interface Lists {
  readonly files: readonly ListFile[];
  /** The stanzas of all packages in them. */
  readonly stanzas: readonly string[];
}

export interface ListFile {
  /** Its base name. */
  readonly name: string;
  readonly content: Buffer;
}

/** A family's own part of a request, as JSON has it. */
export interface RequestSection {
  /** The schema of its options; a request has them in the order of the properties. */
  readonly schema: JsonSchema;
  readonly write: (choices: FamilyChoices) => object;
  /** The choices again, of options that are as the schema says. */
  readonly read: (options: object) => Partial<FamilyChoices>;
}

/** The version of a changed conffile that a base gets: the host's; the package's, where it is known; neither. */
export type ConffileChoice = 'host' | 'pristine' | 'skip';

export interface HostRequest {
  /** The root filesystem, as this process names it. */
  readonly root: string;
  /** Writes a package file of a name and gives its path. */
  readonly write: (name: string, pieces: Iterable<Buffer>) => string;
  readonly job: Job;
  readonly recipe: LoadedRecipe<Recipe>;
  readonly conffiles: ConffileChoice;
}

export interface PackedHost {
  readonly files: readonly string[];
  /** Conffiles that were changed there and are taken so, as paths from the root without a leading slash. */
  readonly changed: readonly string[];
  /** Whether the packages' own manager and the shell, which run their scripts, are among them. */
  readonly canConfigure: boolean;
  readonly notices: readonly string[];
}

export interface DeriveRequest {
  /** One of the sources has to be of it; null takes that of the first. */
  readonly suite: string | null;
  readonly origin: Pick<
    Job,
    'arch' | 'mirror' | 'sources' | 'keyrings' | 'checksOff' | 'maxAge' | 'now' | 'offline'
  >;
  /** The recipe that the derived one is merged over. */
  readonly like: RecipeSource | null;
  /** Whether all sources become pockets of the recipe, with their keys. */
  readonly asPockets: boolean;
}

export interface OfficialRepository {
  readonly name: string;
  /** The folder of the suite. */
  readonly suite: string;
  readonly mirrors: Mirrors;
}

/** The package database of a root filesystem. */
export interface Database {
  /** Paths of a Tree. */
  readonly paths: RegExp;
  /** The packages of one of these files. */
  readonly read: (text: string) => readonly InstalledPackage[];
}

/** Where a root filesystem says of which architecture it is. */
export interface OwnArch {
  /** The file that says it, as in a Tree. */
  readonly path: string;
  readonly read: (text: string) => string | null;
  /** Files that are in no root filesystem of another family. */
  readonly signs: readonly string[];
}

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
}

/** The family's part in scratch images. */
export interface ScratchParts {
  /** The variant that has nothing but what is asked for, and what that depends on. */
  readonly variant: string;
  /** The variant that a lock of chosen packages names. */
  readonly lockedVariant: string;
  /** The package that has the certificates of authorities, and how a bundle is made of it. */
  readonly certificates: string;
  readonly bundleOf: (entries: readonly TarEntry[]) => string;
  /** Whether /bin and /lib are links into /usr. */
  readonly mergesUsr: boolean;
  /** Whether a package has a script that would have configured it. */
  readonly isConfigured: (item: TakenPackage) => boolean;
  readonly relationsOf: (item: TakenPackage) => Relations;
  /** The files by which scanners find the packages. */
  readonly databaseOf: (packages: readonly TakenPackage[]) => readonly DatabaseFile[];
  /** How the package that has a library is found. */
  readonly librarySources: (job: Job, recipe: LoadedRecipe<Recipe>, io: PlanIo) => Promise<LibrarySources>;
}

export interface TakenPackage extends PackageFile {
  readonly locked: LockedPackage;
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

export interface LibrarySources {
  /** The entries of `--include` for a library, by its name without folders; the best of several first. */
  readonly sourcesOf: (library: string) => readonly string[];
  /** `all` that is planned is opened, or those packages alone that `sourcesOf` has named. */
  readonly opens: 'all' | 'named';
}

/** A module that plans: the only part of a family that may use the network. */
export interface Planner {
  /** From a suite's name to what is to be installed; from the job's lock where it has one. */
  plan(job: Job, recipe: LoadedRecipe<Recipe>, io: PlanIo): Promise<Plan>;
  /** The `inputsDigest` that the Lock of a plan would have now: as few requests as can tell. */
  inputs(job: Job, recipe: LoadedRecipe<Recipe>, io: PlanIo): Promise<string>;
}

export interface PlanIo {
  readonly http: Http;
  readonly store: Store;
  /** Keeps plans by what they were made from; none are kept without it. */
  readonly derived?: Derived;
  /** The host's apt settings: /etc/apt. */
  readonly aptFolder: string;
}

/** A file that the plan puts into the image beside the packages' own: apt sources, settings. */
export type SeedFile = LockedFile;

/** A package of the plan with what a report shows; the Lock holds what a build needs. */
export interface PlannedPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly pocket: string;
  /** Bytes of the package file. */
  readonly size: number;
  /** Bytes once installed, as the index says; null in a plan from a lock, which has no index. */
  readonly installedSize: number | null;
}

/** The outcome of planning: what to fetch, from where, and what to write beside it. */
export interface Plan {
  readonly lock: Lock;
  readonly packages: readonly PlannedPackage[];
  /** Addresses to try in order for a package of the lock. */
  readonly urlsOf: (path: string, pocket: string) => readonly string[];
  readonly seedFiles: readonly SeedFile[];
  readonly warnings: readonly string[];
  /** A further check of a fetched file. */
  readonly checkPackage?: (file: string, name: string) => Promise<void>;
}

/** A module that puts packages into a staging rootfs and has them configured, offline. */
export interface Installer {
  install(job: InstallJob, tools: InstallTools): Promise<Installed>;
}

export interface InstallJob {
  readonly arch: string;
  /** How scripts are isolated. */
  readonly mode: Mode;
  /** In the order of the Lock. */
  readonly packages: readonly LockedPackage[];
  /**
   * Whether every package is in place before any script, and not the Essential set alone: the variant
   * `custom` need not have that set, and mmdebstrap does so.
   */
  readonly allFirst: boolean;
  /** The entries of `--include`: packages beside the variant, without local files. */
  readonly included: readonly string[];
  readonly pathRules: readonly string[];
  readonly seedFiles: readonly LockedFile[];
  /** Keep private keys that scripts have drawn. */
  readonly keepSecrets: boolean;
  /** Seconds since 1970 that stand for now; null takes the newest package's time. */
  readonly epoch: number | null;
  /** Answers in debconf-set-selections(1)'s format. */
  readonly debconfSelections: string | null;
  /** The family's section of the lock. */
  readonly family: LockedFamily;
}

export interface InstallTools {
  /** The compiled path rules of the job. */
  readonly exclusion: Exclusion;
  /** The staging rootfs, as this process names it. */
  readonly root: string;
  /** The verified file of a package, once it is fetched. */
  readonly fileOf: (item: LockedPackage) => Promise<string>;
  readonly unpacker: Unpacker;
  /** None where scripts are left out. */
  readonly sandbox: Sandbox | null;
  /**
   * The user's own programs, where scripts run: awaited at their moments. They may have changed anything
   * in the rootfs.
   */
  readonly hooks: Hooks;
  /** None where what scripts see of the root is not always the same. */
  readonly checkpoints: Checkpoints | null;
  readonly onStaged: (name: string) => void;
  readonly onExcluded: (excluded: readonly Excluded[]) => void;
  readonly onConfigured: (name: string) => void;
  readonly onScripts: () => void;
  readonly log: (line: string) => void;
}

/** Where states on the way are kept, sealed. */
export interface Checkpoints {
  /** Opens a kept entry, which is checked as it is read; see `src/derived`. */
  open(key: string): Promise<AsyncGenerator<Buffer> | undefined>;
  keep(key: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** Whether another build is likely to use it; to be asked when all packages are there. */
  isWorthKeeping(): boolean;
}

export interface Installed {
  readonly epoch: number;
  /** Scripts that did not run, as `package: script`, where there is no sandbox. */
  readonly skipped: readonly string[];
  /** Device nodes of packages that the system did not let be made. */
  readonly refusedNodes: readonly string[];
  /** Private keys that scripts had made, and that were removed. */
  readonly removedSecrets: readonly string[];
  /** The tree of all placed packages: it has the owners and nodes that this user could not make. */
  readonly tree: Tree;
  /** The nodes that are still to be made in `/dev`. */
  readonly devices: Tree;
  /** Further notices for the user. */
  readonly notices?: readonly string[];
}
