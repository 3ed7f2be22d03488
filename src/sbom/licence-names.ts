/** Short names of licences in Debian's copyright files as SPDX expressions. */

/** Names that differ from SPDX's in more than case; of the short names in DEP 5 and those met in a standard system. */
const SYNONYMS = new Map(
  Object.entries({
    apache: 'Apache-1.0',
    'apache-2': 'Apache-2.0',
    artistic: 'Artistic-1.0',
    'artistic-1': 'Artistic-1.0',
    'artistic-2': 'Artistic-2.0',
    'bsd-2-clauses': 'BSD-2-Clause',
    'bsd-3-clauses': 'BSD-3-Clause',
    'bsd-4-clauses': 'BSD-4-Clause',
    expat: 'MIT',
    'mit/x11': 'MIT',
    'mit-expat': 'MIT',
    'ofl-1': 'OFL-1.1',
    'psf-2': 'PSF-2.0',
    python: 'Python-2.0',
    'python-2': 'Python-2.0',
    sleepycat: 'Sleepycat',
    x11: 'X11',
    zlib: 'Zlib',
  }),
);

/** SPDX's own spelling of what is commonly written in another case. */
const KNOWN = [
  ...['0BSD', 'AFL-2.1', 'AFL-3.0', 'Apache-1.0', 'Apache-1.1', 'Apache-2.0', 'Artistic-1.0'],
  ...['Artistic-2.0', 'BSD-1-Clause', 'BSD-2-Clause', 'BSD-3-Clause', 'BSD-4-Clause', 'BSD-4-Clause-UC'],
  ...['BSL-1.0', 'bzip2-1.0.6', 'CC-BY-3.0', 'CC-BY-4.0', 'CC-BY-SA-3.0', 'CC-BY-SA-4.0', 'CC0-1.0'],
  ...['CDDL-1.0', 'CDDL-1.1', 'CPL-1.0', 'curl', 'EPL-1.0', 'EPL-2.0', 'FSFAP', 'FSFUL', 'FSFULLR', 'FTL'],
  ...['HPND', 'ICU', 'IJG', 'ISC', 'JSON', 'Libpng', 'MIT', 'MIT-0', 'MPL-1.1', 'MPL-2.0', 'NCSA', 'NTP'],
  ...['OFL-1.1', 'OLDAP-2.8', 'OpenSSL', 'PostgreSQL', 'PSF-2.0', 'Python-2.0', 'Ruby', 'Sleepycat', 'TCL'],
  ...['Unicode-DFS-2016', 'Unlicense', 'Vim', 'W3C', 'WTFPL', 'X11', 'Zlib', 'ZPL-2.1'],
] as const;

const BY_LOWER_CASE = new Map(KNOWN.map((name) => [name.toLowerCase(), name as string]));

/** The GNU licences by their names without `+`, a suffix or a final `.0`. */
const GNU_VERSIONS = new Map(
  Object.entries({
    'gpl-1': 'GPL-1.0',
    'gpl-2': 'GPL-2.0',
    'gpl-3': 'GPL-3.0',
    'lgpl-2': 'LGPL-2.0',
    'lgpl-2.1': 'LGPL-2.1',
    'lgpl-3': 'LGPL-3.0',
    'agpl-1': 'AGPL-1.0',
    'agpl-3': 'AGPL-3.0',
    'gfdl-1.1': 'GFDL-1.1',
    'gfdl-1.2': 'GFDL-1.2',
    'gfdl-1.3': 'GFDL-1.3',
    'gfdl-niv-1.1': 'GFDL-1.1-no-invariants',
    'gfdl-niv-1.2': 'GFDL-1.2-no-invariants',
    'gfdl-niv-1.3': 'GFDL-1.3-no-invariants',
  }),
);

/**
 * A name as DEP 5 writes it as a term of an SPDX expression: `GPL-2+` is `GPL-2.0-or-later`, and what SPDX
 * has no name for becomes a `LicenseRef-`.
 */
export function spdxName(name: string): string {
  const lower = name.toLowerCase();
  const gnu = GNU_VERSIONS.get(lower.replace(/\+$|-or-later$|-only$/, '').replace(/(?<=[a-z]-\d)\.0$/, ''));
  if (gnu !== undefined) return `${gnu}-${/(\+|-or-later)$/.test(lower) ? 'or-later' : 'only'}`;
  return SYNONYMS.get(lower) ?? BY_LOWER_CASE.get(lower) ?? `LicenseRef-debian-${escaped(name)}`;
}

/** SPDX 2.3, annex D: letters, digits, dots and hyphens. */
function escaped(name: string): string {
  return name.replace(/[^A-Za-z0-9.]+/g, '-').replace(/^-|-$/g, '') || 'unnamed';
}
