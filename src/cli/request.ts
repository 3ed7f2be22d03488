import { resolve } from 'node:path';
import { parseAccount } from '../additions/account.ts';
import { parseAddition } from '../additions/addition.ts';
import { MkbaseError } from '../errors.ts';
import { familyOf } from '../families/index.ts';
import { FORMATS } from '../image/media-types.ts';
import type { HostSettings, Job } from '../job.ts';
import type { Check } from '../lock/lock.ts';
import { archOf } from '../recipe/arch.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { SbomFormat } from '../sbom/format.ts';
import { sourceDateEpoch } from '../time.ts';
import type { Arguments } from './arguments.ts';
import { checkFamily } from './family-options.ts';
import { hooksOf, namesHooks } from './hooks.ts';
import { type HostSurroundings, hostSettings } from './host-settings.ts';
import { annotationsOf, imageSettings } from './image-settings.ts';
import { optionFile, readOptionFile } from './option-file.ts';
import { type Flags, isGiven, type OptionName } from './options.ts';
import { readPathRules } from './path-rules.ts';
import { type Origin, type RecipeWays, recipeFor } from './recipe-for.ts';
import { sourcesFrom } from './sources.ts';
import {
  allowed,
  archName,
  componentName,
  duration,
  isPath,
  moment,
  packageEntry,
  pin,
  time,
} from './values.ts';

export interface RequestSurroundings extends HostSurroundings, Pick<RecipeWays, 'locks' | 'signal'> {
  /** Standard input to its end. */
  readonly stdin: () => Promise<string>;
}

/** The checks by the option that turns each off. */
const CHECKS = {
  'no-check-sig': 'signature',
  'allow-trusted': 'trusted',
  'no-check-valid-until': 'valid-until',
  'no-check-date': 'date',
  'no-check-suite': 'suite',
  'no-check-rollback': 'rollback',
} as const satisfies Partial<Record<OptionName, Check>>;

/** Options that choose packages or files: a lock has chosen them already. */
const CHOOSING = [
  'variant',
  'include',
  'exclude',
  'recommends',
  'merged-usr',
  'no-merged-usr',
  'solver',
  'no-preferences',
  'exclude-path',
  'include-path',
  'exclude-from',
  'slim',
  'components',
  'pockets',
  'pin',
  'snapshot',
  'account',
  'docker-settings',
  'status-d',
  'keep-secrets',
] as const satisfies readonly OptionName[];

/** Options that were given beside `--lock` and have no effect there. */
export function ignoredBesideLock(flags: Flags): OptionName[] {
  if (flags.lock === null) return [];
  // A lock holds a local package by its digest: the file is needed again.
  const packages = flags.include.filter((entry) => !isPath(entry));
  return CHOOSING.filter((name) => isGiven(name === 'include' ? packages : flags[name]));
}

/** The request of the command line without its lock, checked: later code gets typed values only. */
export async function jobFrom(
  { operands, flags, pathRules }: Pick<Arguments, 'operands' | 'flags' | 'pathRules'>,
  surroundings: RequestSurroundings,
): Promise<Job> {
  const { cwd } = surroundings;
  checkConflicts(flags);
  // Read once, and not before it is known that the suite is.
  let read: ReturnType<typeof originOf> | undefined;
  const origin = () => {
    read ??= originOf({ operands, flags }, surroundings);
    return read;
  };
  const recipe = await recipeFor({ operands, flags }, origin, surroundings);
  checkFamily(flags, recipe);
  const family = familyOf(recipe);
  const scripts = (allowed('scripts', flags.scripts) ?? 'run') as Job['scripts'];
  return {
    suite: operands[0]!,
    recipe,
    ...(await origin()),
    arch: flags.arch.length === 0 ? null : archOf(recipe, archName(flags.arch[0]!), family.platforms),
    variant: variantOf(flags, recipe),
    include: flags.include
      .filter((entry) => !isPath(entry))
      .map((entry) => packageEntry('include', entry, family)),
    localPackages: await Promise.all(
      flags.include.filter(isPath).map((file) => optionFile('include', resolve(cwd, file))),
    ),
    fromHost: false,
    exclude: flags.exclude.map((name) => packageEntry('exclude', name, family)),
    components: flags.components.map(componentName),
    pockets: flags.pockets,
    pins: flags.pin.map(pin),
    snapshot: flags.snapshot === null ? null : moment('snapshot', flags.snapshot, surroundings.now),
    checkPackages: flags['check-packages'],
    recommends: flags.recommends,
    mergedUsr: mergedUsrOf(flags, recipe),
    solver: allowed('solver', flags.solver) as Job['solver'],
    preferences: !flags['no-preferences'],
    scripts: flags.mode === 'none' ? 'skip' : scripts,
    scriptTimeout: scriptTimeout(flags['script-timeout'] ?? '2h'),
    debconfSelections: await selections(flags['debconf-selections'], cwd),
    hooks: await hooksOf(flags, cwd),
    pathRules: await readPathRules(pathRules, cwd),
    ...(await additions(flags.add, cwd)),
    accounts: flags.account.map(parseAccount),
    dockerSettings: flags['docker-settings'],
    statusDirectory: flags['status-d'],
    keepSecrets: flags['keep-secrets'],
    settings: imageSettings(flags, recipe.image.settings),
    annotations: annotationsOf(flags),
    created: flags.created === null ? null : time('created', flags.created).getTime() / 1000,
    epoch: sourceDateEpoch(surroundings.env),
    format: (allowed('format', flags.format, FORMATS) ?? 'oci') as Job['format'],
    compression: (allowed('compression', flags.compression) ?? 'gzip') as Job['compression'],
    lock: null,
    sbom: flags.sbom.map((name) => allowed('sbom', name) as SbomFormat),
    lockOut: lockOut(flags['lock-out'], cwd),
  };
}

function lockOut(file: string | null, cwd: string): Job['lockOut'] {
  if (file === '-') return false;
  return file === null ? null : resolve(cwd, file);
}

/** The origin of packages and the checks on it: it needs no recipe. */
export async function originOf(
  { operands, flags }: Pick<Arguments, 'operands' | 'flags'>,
  surroundings: Omit<RequestSurroundings, 'locks' | 'signal'>,
): Promise<Origin & HostSettings & Pick<Job, 'sourcesOnly'>> {
  const { cwd, stdin } = surroundings;
  return {
    arch: flags.arch.length === 0 ? null : archName(flags.arch[0]!),
    ...(await sourcesFrom(
      { mirrors: operands.slice(2), mirror: flags.mirror, sources: flags.source },
      { cwd, stdin },
    )),
    keyrings: await Promise.all(flags.keyring.map((file) => optionFile('keyring', resolve(cwd, file)))),
    checksOff: Object.entries(CHECKS).flatMap(([name, check]) => (flags[name as OptionName] ? [check] : [])),
    maxAge: flags['max-age'] === null ? null : duration('max-age', flags['max-age']),
    ...(await hostSettings(flags, surroundings)),
  };
}

function checkConflicts(flags: Flags): void {
  const pairs: readonly (readonly [boolean, string, string, string])[] = [
    [flags.verbose && flags.quiet, '--verbose', '--quiet', 'give one of them'],
    [flags['merged-usr'] && flags['no-merged-usr'], '--merged-usr', '--no-merged-usr', 'give one of them'],
    [
      flags['force-check-gpg'] && flags['no-check-sig'],
      '--force-check-gpg',
      '--no-check-sig',
      'give one of them',
    ],
    [flags.simulate && flags['print-debs'], '--simulate', '--print-debs', 'give one of them'],
    [flags.simulate && flags['print-request'], '--simulate', '--print-request', 'give one of them'],
    [flags['print-debs'] && flags['print-request'], '--print-debs', '--print-request', 'give one of them'],
    [
      flags.mode === 'none' && flags.scripts === 'run',
      '--mode=none',
      '--scripts=run',
      'scripts need a sandbox: use `--mode=unshare`',
    ],
    [
      flags['status-d'] && flags.lock === null && flags.scripts !== 'skip' && flags.mode !== 'none',
      '--status-d',
      '--scripts=run',
      "scripts need dpkg's database: add `--scripts=skip`",
    ],
    [
      flags.scripts === 'skip' && namesHooks(flags),
      '--scripts=skip',
      'hooks',
      'nothing runs in such a base: put files in with `--add`',
    ],
    [
      flags.mode === 'none' && namesHooks(flags),
      '--mode=none',
      'hooks',
      'they need namespaces: use `--mode=unshare`, or put files in with `--add`',
    ],
  ];
  for (const [both, one, other, hint] of pairs) {
    if (both)
      throw new MkbaseError('usage/conflict', `\`${one}\` and \`${other}\` exclude each other`, { hint });
  }
}

/** Null leaves it to the suite. */
function mergedUsrOf(flags: Flags, recipe: Recipe): boolean | null {
  if (flags['merged-usr']) return true;
  if (!flags['no-merged-usr']) return null;
  if (familyOf(recipe).knowsSplitUsr(recipe)) return false;
  throw new MkbaseError('usage/merged-usr', `\`${recipe.suite}\` has no base without merged /usr`, {
    hint: 'leave `--no-merged-usr` out: packages of this suite need /bin, /sbin and /lib as links into /usr',
  });
}

function variantOf(flags: Flags, recipe: Recipe): string {
  const { variants } = familyOf(recipe);
  const variant = allowed('variant', flags.variant) ?? variants[0]!;
  if (!variants.includes(variant)) {
    throw new MkbaseError('usage/bad-value', `\`${recipe.suite}\` has no variant \`${variant}\``, {
      hint: `it has ${variants.join(', ')}`,
    });
  }
  if (variant === 'custom' && flags.include.length === 0 && flags.lock === null) {
    throw new MkbaseError('usage/missing-value', 'variant `custom` without `--include` is empty', {
      hint: 'name its packages with `--include`',
    });
  }
  return variant;
}

/** Seconds; null is no limit. */
function scriptTimeout(text: string): number | null {
  return text === 'none' ? null : duration('script-timeout', text);
}

async function selections(file: string | null, cwd: string): Promise<string | null> {
  if (file === null) return null;
  return readOptionFile('debconf-selections', resolve(cwd, file));
}

async function additions(given: readonly string[], cwd: string): Promise<Pick<Job, 'added' | 'additions'>> {
  if (given.length === 0) return { added: [], additions: null };
  const { packAdditions } = await import('../additions/pack.ts');
  const added = given.map(parseAddition).map((one) => ({ ...one, source: resolve(cwd, one.source) }));
  return { added, additions: (await packAdditions(added)).tar };
}
