import { MkbaseError } from '../../../errors.ts';
import { explainRefusal } from '../../../resolve/explain.ts';
import { solveGreedily } from '../../../resolve/greedy.ts';
import { solveLikeApt3 } from '../../../resolve/solver3.ts';
import { reachable } from '../../../resolve/sweep.ts';
import { isCritical, isNegative, type Request, type Version } from '../../../resolve/universe.ts';
import type { AptVariant, Preference, Solver } from '../recipe.ts';
import type { AptSource, AptVersion } from './apt-version.ts';
import { type ChosenPackage, describeChoice } from './chosen.ts';
import { type Included, readInclude } from './include.ts';
import { takeFromSuite } from './suite-candidates.ts';
import { type AptUniverse, openUniverse } from './universe.ts';

export interface ChooseOptions {
  readonly arch: string;
  readonly variant: AptVariant;
  /** Packages by name: `name`, `name=version`, `name/pocket`, each also as `name:arch`. */
  readonly include?: readonly string[];
  /** Names that may not be installed, whoever needs them. */
  readonly exclude?: readonly string[];
  /** Packages of the variant that the index does not mark. */
  readonly extra?: readonly string[];
  /** Whether a variant that has the packages of Priority required gets them. */
  readonly withRequired?: boolean;
  readonly recommends?: boolean;
  /** The solver to choose like: apt's classic solver, or apt 3's. */
  readonly solver?: Solver;
  /** None gives apt's own answer. */
  readonly preferences?: readonly Preference[];
}

/** The packages that a variant installs beside the Essential set, after mmdebstrap(1), VARIANTS. */
const VARIANT_PACKAGES: Readonly<
  Record<AptVariant, { readonly names: readonly string[]; readonly priority: number }>
> = {
  custom: { names: [], priority: 0 },
  scratch: { names: [], priority: 0 },
  essential: { names: [], priority: 0 },
  apt: { names: ['apt'], priority: 0 },
  minbase: { names: [], priority: 1 },
  buildd: { names: ['apt', 'build-essential'], priority: 1 },
  important: { names: [], priority: 2 },
  standard: { names: [], priority: 3 },
};

/**
 * The packages of a variant, sorted by name. As mmdebstrap does: first the Essential packages with what
 * they need, in an empty root, and all others on top of them. Where that cannot be, all are asked for
 * at once, so that a package of `include` may take the place of one that the Essential set would draw in.
 *
 * @throws MkbaseError `resolution/…`, and what readInclude and describeChoice throw
 */
export function choosePackages(
  sources: readonly AptSource[],
  options: ChooseOptions,
): readonly ChosenPackage[] {
  const { arch, variant, exclude: excluded = [], recommends = false, preferences = [] } = options;
  refuseExcluded(options);
  const universe = openUniverse(sources, { arch, excluded });
  const solve = options.solver === '3' ? solveLikeApt3 : solveGreedily;
  const essential =
    variant === 'custom' || variant === 'scratch' ? [] : requestAll(universe, universe.essentialNames());
  const included = furtherEntries(universe, options);
  const further = included.flatMap(({ requests }) => requests);

  const base = solve(universe, { requests: essential, preferences }).plan;
  for (const { requests, suite } of included) {
    if (suite !== null) for (const { version } of requests) takeFromSuite(universe, version, suite);
  }
  const onTop = [...(recommends ? asRequests(base ?? []) : []), ...further];
  let plan = base && solve(universe, { requests: onTop, installed: base, recommends, preferences }).plan;
  if (plan === null) {
    const requests = [...essential, ...further];
    const atOnce = solve(universe, { requests, recommends, preferences });
    plan = atOnce.plan;
    if (plan === null) throw explainRefusal(universe, { requests, broken: atOnce.broken, excluded });
  }

  const early = essentialClosure(universe, plan);
  const requested = new Set(further.map(({ version }) => version));
  return (plan as readonly AptVersion[])
    .map((version) =>
      describeChoice(
        version,
        early.has(version) ? 'essential' : requested.has(version) ? 'requested' : 'dependency',
      ),
    )
    .filter(({ reason }) => variant !== 'scratch' || reason === 'requested')
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function refuseExcluded({ include = [], exclude = [] }: ChooseOptions): void {
  const both = include.find((entry) => exclude.includes(entry.replace(/[:=/].*/, '')));
  if (both === undefined) return;
  throw new MkbaseError('usage/include-excluded', `\`${both}\` is both included and excluded`, {
    hint: 'leave it out of `--include` or of `--exclude`',
  });
}

function furtherEntries(
  universe: AptUniverse,
  { arch, variant, include = [], exclude = [], extra = [], withRequired = true }: ChooseOptions,
): readonly Included[] {
  const { names, priority } = VARIANT_PACKAGES[variant];
  const allowed = [...names, ...extra].filter((name) => !exclude.includes(name));
  return [
    ...include.map((entry) => readInclude(universe, { entry, arch, by: 'user' })),
    ...allowed.map((entry) => readInclude(universe, { entry, arch, by: 'variant' })),
    { requests: requestAll(universe, universe.namesOfPriority(withRequired ? priority : 0)), suite: null },
  ];
}

function requestAll(universe: AptUniverse, names: readonly string[]): readonly Request[] {
  return asRequests(names.flatMap((name) => universe.find(name).candidate ?? []));
}

function asRequests(versions: readonly Version[]): readonly Request[] {
  return versions.map((version) => ({ package: version.package, version, by: 'variant' }));
}

/** The packages that must be in place before the first script runs. */
function essentialClosure(universe: AptUniverse, plan: readonly Version[]): ReadonlySet<Version> {
  const byPackage = new Map(plan.map((version) => [version.package, version]));
  return reachable(universe, {
    roots: plan.filter((version) => version.package.essential),
    chosen: (name) => byPackage.get(name) ?? null,
    follows: (relation) => isCritical(relation) && !isNegative(relation),
  });
}
