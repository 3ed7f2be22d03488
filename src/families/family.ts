/** What a family of distributions gives to a build: how its packages are chosen, and how they are installed. */
import type { Http } from '../fetch/http.ts';
import type { Store } from '../fetch/store.ts';
import type { Hooks } from '../hooks/run.ts';
import type { Job, Mode } from '../job.ts';
import type { ApkImage, AptImage, Lock, LockedFile, LockedPackage } from '../lock/lock.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { LoadedRecipe } from '../recipe/recipes.ts';
import type { Excluded } from '../rootfs/exclusions.ts';
import type { Tree } from '../rootfs/tree.ts';
import type { Unpacker } from '../rootfs/unpack.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** A module that plans: the only part of a family that may use the network. */
export interface Planner<R extends Recipe> {
  /** From a suite's name to what is to be installed; from the job's lock where it has one. */
  plan(job: Job, recipe: LoadedRecipe<R>, io: PlanIo): Promise<Plan>;
  /** The `inputsDigest` that the Lock of a plan would have now: as few requests as can tell. */
  inputs(job: Job, recipe: LoadedRecipe<R>, io: PlanIo): Promise<string>;
}

export interface PlanIo {
  readonly http: Http;
  readonly store: Store;
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
  /** What else a fetched file is held to. */
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
  readonly pathRules: readonly string[];
  readonly seedFiles: readonly LockedFile[];
  /** Keep private keys that scripts have drawn. */
  readonly keepSecrets: boolean;
  /** Seconds since 1970 that stand for now; null takes the newest package's time. */
  readonly epoch: number | null;
  /** Answers in debconf-set-selections(1)'s format. */
  readonly debconfSelections: string | null;
  readonly apt?: AptImage;
  readonly apk?: ApkImage;
}

export interface InstallTools {
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
  readonly onStaged: (name: string) => void;
  readonly onExcluded: (excluded: readonly Excluded[]) => void;
  readonly onConfigured: (name: string) => void;
  readonly onScripts: () => void;
  readonly log: (line: string) => void;
}

export interface Installed {
  readonly epoch: number;
  /** Scripts that did not run, as `package: script`, where there is no sandbox. */
  readonly skipped: readonly string[];
  /** Device nodes of packages that the system did not let be made. */
  readonly refusedNodes: readonly string[];
  /** Private keys that scripts had made, and that were removed. */
  readonly removedSecrets: readonly string[];
  /** What the packages were planned into: it has the owners and nodes that this user could not make. */
  readonly tree: Tree;
  /** What is still to be made in `/dev`. */
  readonly devices: Tree;
  /** What else is to be told of the base. */
  readonly notices?: readonly string[];
}
