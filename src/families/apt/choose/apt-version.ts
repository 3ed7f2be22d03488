import { MkbaseError } from '../../../errors.ts';
import type { Package, Relation, RelationKind, Target, Version } from '../../../resolve/universe.ts';
import type { Stanza } from '../archive/first-mention.ts';
import type { PackagesIndex } from '../archive/packages-index.ts';
import { type Alternative, parseDepends } from '../package/depends.ts';

/** A verified `Packages` file. The order of sources is the one of sources.list. */
export interface AptSource {
  /** The name of its repository. */
  readonly pocket: string;
  /** All that its repository is called: `bookworm-backports`, `stable`. */
  readonly names: readonly string[];
  /** Whether it is the suite itself, whose Essential packages and priorities make the variants. */
  readonly isSuite: boolean;
  /** apt_preferences(5): 500, 100 for NotAutomatic with ButAutomaticUpgrades, 1 for NotAutomatic. */
  readonly pin: number;
  readonly index: PackagesIndex;
}

/** A version with the stanza that it was read from. */
export interface AptVersion extends Version {
  readonly source: AptSource;
  readonly arch: string;
  readonly essential: boolean;
  readonly stanza: Stanza;
}

const PRIORITIES: readonly string[] = ['required', 'important', 'standard', 'optional', 'extra'];

/** apt adds a version's relations in this order, and a solver meets them so. */
const RELATIONS: readonly RelationKind[] = [
  'Pre-Depends',
  'Depends',
  'Conflicts',
  'Breaks',
  'Recommends',
  'Suggests',
];

interface Surroundings {
  readonly source: AptSource;
  /** dpkg's name of the architecture that is built. */
  readonly arch: string;
  /** The package of a name, the same object each time. */
  readonly find: (name: string) => Package;
}

/**
 * The version that a stanza of an index describes; its relations are parsed when first asked for. Null for a
 * stanza without a name or a version, or of another architecture.
 */
export function readVersion(stanza: Stanza, { source, arch, find }: Surroundings): AptVersion | null {
  const name = stanza.get('package');
  const version = stanza.get('version');
  const itsArch = stanza.get('architecture') ?? arch;
  if (!name || version === undefined || (itsArch !== arch && itsArch !== 'all')) return null;
  let relations: readonly Relation[] | null = null;
  const made: AptVersion = {
    get package() {
      return find(name);
    },
    version,
    pocket: source.pocket,
    pin: source.pin,
    source,
    arch: itsArch,
    priority: PRIORITIES.indexOf(stanza.get('priority')?.toLowerCase() ?? '') + 1,
    essential: isYes(stanza, 'essential'),
    stanza,
    get relations() {
      relations ??= RELATIONS.flatMap((kind) => relationsOf(made, kind));
      return relations;
    },
  };
  return made;

  function relationsOf(owner: AptVersion, kind: RelationKind): Relation[] {
    const negative = kind === 'Conflicts' || kind === 'Breaks';
    const groups = readRelation(owner.stanza, kind).map((group) => group.map(targetOf));
    return (negative ? groups.flat().map((target) => [target]) : groups).map((targets) => ({
      kind,
      owner,
      targets,
    }));
  }

  function targetOf({ name, qualifier, op, version }: Alternative): Target {
    return { package: find(qualifiedName(name, qualifier)), op, version };
  }

  /** `x:any` is a name of its own; `x:native` and our own architecture are written out as apt has them. */
  function qualifiedName(name: string, qualifier: string | null): string {
    if (qualifier === null) return name;
    return qualifier === 'native' ? `${name}:${arch}` : `${name}:${qualifier}`;
  }
}

/** Whether a field says `yes`, in any case. */
export function isYes(stanza: Stanza, field: string): boolean {
  return stanza.get(field)?.toLowerCase() === 'yes';
}

/**
 * A relation field (Debian Policy 7.1) as groups of alternatives; none where the field is absent.
 *
 * @throws MkbaseError `package/relation-malformed`
 */
export function readRelation(stanza: Stanza, field: string): readonly (readonly Alternative[])[] {
  const text = stanza.get(field.toLowerCase());
  if (text === undefined) return [];
  try {
    return parseDepends(text);
  } catch (error) {
    const subject = `${stanza.get('package')} ${stanza.get('version')}`;
    throw new MkbaseError(
      'package/relation-malformed',
      `cannot read \`${field}\` of \`${subject}\` in the index`,
      {
        hint: 'the index is damaged; try another mirror',
        cause: error,
      },
    );
  }
}
