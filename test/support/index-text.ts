import { openPackagesIndex } from '../../src/families/apt/archive/packages-index.ts';
import type { AptSource } from '../../src/families/apt/choose/apt-version.ts';

/** A stanza of `Packages` by field; `_` in a field's name stands for `-`. */
export type Fields = Readonly<Record<string, string>>;

/** A `Packages` file; every field that is not given gets a sound value. */
export function indexText(stanzas: readonly Fields[]): Buffer {
  return Buffer.from(stanzas.map(stanzaText).join('\n'), 'latin1');
}

/** One pocket with its pin. */
export function source(
  stanzas: readonly Fields[],
  { pocket = 'release', pin = 500 }: { pocket?: string; pin?: number } = {},
): AptSource {
  return {
    pocket,
    names: [pocket],
    isSuite: pocket === 'release',
    pin,
    index: openPackagesIndex(indexText(stanzas)),
  };
}

function stanzaText(given: Fields): string {
  const fields: Fields = {
    Version: '1.0',
    Architecture: 'amd64',
    Priority: 'optional',
    Filename: `pool/${given.Package}.deb`,
    Size: '1000',
    Installed_Size: '10',
    SHA256: 'ab'.repeat(32),
    ...given,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name.replaceAll('_', '-')}: ${value}\n`)
    .join('');
}
