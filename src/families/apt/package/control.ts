import { MkbaseError } from '../../../errors.ts';
import { type Alternative, parseDepends } from './depends.ts';
import { checkNames } from './names.ts';

/** The parts of a binary package's control file, deb-control(5), that installation needs. */
export interface Control {
  /** As dpkg knows it, in lower case; so are the names in its relations. */
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  /** Name of its files in dpkg's `info`: with the architecture for `Multi-Arch: same` only. */
  readonly infoName: string;
  readonly essential: boolean;
  readonly priority: string;
  readonly preDepends: Relation;
  readonly depends: Relation;
  readonly replaces: readonly Alternative[];
  readonly provides: readonly Alternative[];
  /** In the package's order; dpkg keeps one that is listed twice. */
  readonly conffiles: readonly Conffile[];
  /** Every field with its name and text as written, continuation lines included. */
  readonly fields: readonly Field[];
}

export interface Conffile {
  /** With its leading slash. */
  readonly path: string;
  /** ` remove-on-upgrade`, or none. */
  readonly flag: string;
}

export type Relation = readonly (readonly Alternative[])[];

export interface Field {
  readonly name: string;
  /** Without the name and the newline at its end. */
  readonly value: string;
}

/** @throws MkbaseError `package/bad-control`, `package/bad-name` */
export function readControl(control: string, conffiles: string): Control {
  const fields = readFields(control);
  checkNames(fields);
  const value = (name: string) => fields.find((field) => field.name.toLowerCase() === name)?.value ?? '';
  const [written, version, arch] = [value('package'), value('version'), value('architecture')];
  if (written === '' || version === '' || arch === '') {
    const missing = written === '' ? 'Package' : version === '' ? 'Version' : 'Architecture';
    throw new MkbaseError('package/bad-control', `the control file has no field \`${missing}\``, {
      hint: 'the package is broken; take another version or report it to its distribution',
    });
  }
  const name = written.toLowerCase();
  const relation = (field: string) =>
    parseDepends(value(field)).map((group) =>
      group.map((alternative) => ({ ...alternative, name: alternative.name.toLowerCase() })),
    );
  return {
    name,
    version,
    arch,
    infoName: value('multi-arch') === 'same' ? `${name}:${arch}` : name,
    essential: value('essential') === 'yes',
    priority: value('priority'),
    preDepends: relation('pre-depends'),
    depends: relation('depends'),
    replaces: relation('replaces').flat(),
    provides: relation('provides').flat(),
    conffiles: readConffiles(conffiles),
    fields,
  };
}

function readFields(text: string): Field[] {
  const fields: { name: string; value: string }[] = [];
  for (const line of text.split('\n')) {
    const last = fields.at(-1);
    const colon = line.indexOf(':');
    if ((line.startsWith(' ') || line.startsWith('\t')) && last !== undefined) last.value += `\n${line}`;
    else if (colon > 0) fields.push({ name: line.slice(0, colon), value: line.slice(colon + 1).trimStart() });
  }
  return fields.map(({ name, value }) => ({ name, value: value.trimEnd() }));
}

const REMOVED = 'remove-on-upgrade';

/** deb-conffiles(5): a path a line, after a flag where it has one. dpkg enters those that are to be removed too. */
function readConffiles(text: string): readonly Conffile[] {
  return text.split('\n').flatMap((line) => {
    const isFlagged = /^remove-on-upgrade\s/.test(line);
    const path = (isFlagged ? line.slice(REMOVED.length).trimStart() : line).trimEnd();
    return path.startsWith('/') ? [{ path, flag: isFlagged ? ` ${REMOVED}` : '' }] : [];
  });
}
