import type { Control, Field } from '../package/control.ts';

/** dpkg's own order of the fields it knows (`fieldinfos` in lib/dpkg/parse.c); others follow as written. */
const ORDER = [
  'Package',
  'Essential',
  'Protected',
  'Status',
  'Priority',
  'Section',
  'Installed-Size',
  'Origin',
  'Maintainer',
  'Bugs',
  'Architecture',
  'Multi-Arch',
  'Source',
  'Version',
  'Replaces',
  'Provides',
  'Depends',
  'Pre-Depends',
  'Recommends',
  'Suggests',
  'Breaks',
  'Conflicts',
  'Enhances',
  'Conffiles',
  'Description',
];
const RANK = new Map(ORDER.map((name, rank) => [name.toLowerCase(), rank]));

/** md5 of a conffile, or dpkg's word for one that it has yet to put in place. */
export type ConffileState = string | 'newconffile';

/**
 * A package's stanza in dpkg's `status`, in the state `install ok unpacked`, from which its configuration
 * starts, and which stays true where its scripts were left out.
 */
export function unpackedStanza(control: Control, conffileState: (path: string) => ConffileState): string {
  const fields: Field[] = [
    { name: 'Package', value: control.name },
    ...control.fields.filter(({ name }) => !['package', 'status'].includes(name.toLowerCase())),
    { name: 'Status', value: 'install ok unpacked' },
  ];
  if (control.conffiles.length > 0) {
    const lines = control.conffiles.map(({ path, flag }) => `\n ${path} ${conffileState(path)}${flag}`);
    fields.push({ name: 'Conffiles', value: lines.join('') });
  }
  return fields
    .map((field, position) => ({
      field,
      rank: RANK.get(field.name.toLowerCase()) ?? ORDER.length + position,
    }))
    .sort((a, b) => a.rank - b.rank)
    .map(
      ({ field }) =>
        `${canonicalName(field.name)}:${field.value.startsWith('\n') ? '' : ' '}${field.value}\n`,
    )
    .join('');
}

function canonicalName(name: string): string {
  return ORDER[RANK.get(name.toLowerCase()) ?? -1] ?? name;
}
