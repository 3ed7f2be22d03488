/** A job that can be written down: all that its result depends on, and nothing of the machine that does it. */
import type { Account } from '../additions/account.ts';
import type { Addition } from '../additions/addition.ts';
import { MkbaseError } from '../errors.ts';
import { hostArch } from '../families/host-arch.ts';
import { familyOf } from '../families/index.ts';
import { shownUrl } from '../fetch/address.ts';
import type { HookPhase } from '../hooks/hook.ts';
import type { ImageFormat, LayerCodec } from '../image/media-types.ts';
import type { ImageSettings } from '../image/settings.ts';
import type { GivenSource, Job } from '../job.ts';
import { inSchemaOrder } from '../json-schema.ts';
import type { Check } from '../lock/lock.ts';
import { writeLocks } from '../lock/lock-file.ts';
import { archOf } from '../recipe/arch.ts';
import { type RecipeData, recipeData } from '../recipe/recipe-data.ts';
import type { SbomFormat } from '../sbom/format.ts';
import type { Room } from '../targets/target.ts';
import { programVersion } from '../version.ts';
import { type NamedFile, nameFile, sha256 } from './named-file.ts';
import { requestSchema } from './request-schema.ts';

/** The format of requests. */
export const REQUEST_VERSION = 1;

/**
 * Plain JSON, docs/request.schema.json. Texts stand in it whole; files that may be large are named, with the digest
 * that they must have. Paths are absolute, and are those that the user named.
 */
export interface Request {
  readonly version: typeof REQUEST_VERSION;
  /** The mkbase that wrote it. */
  readonly mkbase: string;
  /** As the user wrote it. */
  readonly suite: string;
  readonly recipe: RecipeData;
  /** By the recipe's own names, at least one. */
  readonly arches: readonly string[];
  readonly variant: string;
  readonly include: readonly string[];
  /** Package files that are included too. */
  readonly packages: readonly NamedFile[];
  readonly exclude: readonly string[];
  readonly components: readonly string[];
  readonly mirror: string | null;
  readonly sources: readonly GivenSource[];
  readonly sourcesOnly: boolean;
  readonly keyrings: readonly NamedFile[];
  readonly checksOff: readonly Check[];
  readonly maxAge: number | null;
  /** The family's own part. */
  readonly family: { readonly name: string; readonly options: object };
  readonly scripts: Job['scripts'];
  readonly scriptTimeout: number | null;
  readonly hooks: readonly RequestedHook[];
  readonly pathRules: readonly string[];
  /** Local content, and the sha256 of the tar that it is packed into. */
  readonly additions: { readonly from: readonly Addition[]; readonly sha256: string } | null;
  readonly accounts: readonly Account[];
  readonly keepSecrets: boolean;
  readonly image: {
    readonly settings: ImageSettings;
    readonly annotations: Readonly<Record<string, string>>;
    readonly created: number | null;
    readonly format: ImageFormat;
    readonly compression: LayerCodec;
  };
  readonly epoch: number | null;
  /** As a lock file has them; empty where packages are to be chosen. */
  readonly locks: readonly object[];
  /** As the command line spells them. */
  readonly targets: readonly string[];
  /** Further names of images. */
  readonly tags: readonly string[];
  /** Of file systems among the targets. */
  readonly room: Room;
  /** `-` for nowhere, null for beside the target. */
  readonly lockOut: string | null;
  readonly sbom: readonly SbomFormat[];
}

export interface RequestedHook {
  readonly phase: HookPhase;
  readonly text: string;
  /** Where it runs. */
  readonly folder: string;
  /** Of the text, or of the program that it names. */
  readonly sha256: string;
}

/**
 * The request of jobs that are the same but for their architecture.
 *
 * @throws MkbaseError `request/has-password`, `request/unreadable-file`
 */
export async function requestOf(
  jobs: readonly Job[],
  {
    targets,
    tags,
    room = { size: null, free: 0 },
  }: Pick<Request, 'targets' | 'tags'> & Partial<Pick<Request, 'room'>>,
): Promise<Request> {
  const [job] = jobs as readonly [Job, ...Job[]];
  const { recipe, lockOut } = job;
  const family = familyOf(recipe);
  checkAddresses(job);
  return {
    version: REQUEST_VERSION,
    mkbase: programVersion(),
    suite: job.suite,
    recipe: recipeData(recipe, family.recipeForm),
    arches: jobs.map(({ arch }) => archOf(recipe, arch ?? hostArch(), family.platforms)),
    variant: job.variant,
    include: job.include,
    packages: await Promise.all(job.localPackages.map(nameFile)),
    exclude: job.exclude,
    components: job.components,
    mirror: job.mirror,
    sources: job.sources,
    sourcesOnly: job.sourcesOnly,
    keyrings: await Promise.all(job.keyrings.map(nameFile)),
    checksOff: job.checksOff,
    maxAge: job.maxAge,
    family: { name: family.name, options: family.request.write(job) },
    scripts: job.scripts,
    scriptTimeout: job.scriptTimeout,
    hooks: job.hooks.map(({ phase, text, cwd, digest }) => ({ phase, text, folder: cwd, sha256: digest })),
    pathRules: job.pathRules,
    additions: job.additions === null ? null : { from: job.added, sha256: sha256(job.additions) },
    accounts: job.accounts,
    keepSecrets: job.keepSecrets,
    image: {
      settings: job.settings,
      annotations: job.annotations,
      created: job.created,
      format: job.format,
      compression: job.compression,
    },
    epoch: job.epoch,
    locks: locksOf(jobs),
    ...{ targets, tags, room },
    lockOut: lockOut === false ? '-' : lockOut,
    sbom: job.sbom,
  };
}

/** The text of a request: its keys always stand in the order of the schema. */
export function writeRequest(request: Request): string {
  const ordered = inSchemaOrder(request, requestSchema(familyOf(request.recipe)));
  return `${JSON.stringify(ordered, null, 2)}\n`;
}

function locksOf(jobs: readonly Job[]): readonly object[] {
  const locks = jobs.flatMap(({ lock }) => lock ?? []);
  if (locks.length === 0) return [];
  return [JSON.parse(writeLocks(locks)) as object | object[]].flat();
}

/** A request is kept and sent around: it must not tell an account. */
function checkAddresses({ mirror, sources, recipe }: Job): void {
  const texts = [
    mirror ?? '',
    ...sources.map((source) => (source.kind === 'url' ? source.url : source.text)),
    JSON.stringify({ ...recipe, keyFiles: [] }),
  ];
  const [address] = texts.flatMap((text) => /https?:\/\/[^\s/"@]*@[^\s"]*/.exec(text) ?? []);
  if (address === undefined) return;
  throw new MkbaseError('request/has-password', `\`${shownUrl(address)}\` has an account in it`, {
    hint: 'leave it out of the address, and put it into /etc/apt/auth.conf.d or ~/.netrc where the request is run',
  });
}
