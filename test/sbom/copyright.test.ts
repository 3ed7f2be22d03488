import { describe, expect, it } from 'vitest';
import { licenceOfCopyright } from '../../src/sbom/copyright.ts';
import { spdxName } from '../../src/sbom/licence-names.ts';

describe('spdxName', () => {
  it.each([
    ['GPL-2', 'GPL-2.0-only'],
    ['GPL-2+', 'GPL-2.0-or-later'],
    ['GPL-3.0+', 'GPL-3.0-or-later'],
    ['LGPL-2.1+', 'LGPL-2.1-or-later'],
    ['lgpl-2.1', 'LGPL-2.1-only'],
    ['GPL-2.0-or-later', 'GPL-2.0-or-later'],
    ['GPL-2.0-only', 'GPL-2.0-only'],
    ['GFDL-NIV-1.3+', 'GFDL-1.3-no-invariants-or-later'],
    ['Expat', 'MIT'],
    ['BSD-3-clause', 'BSD-3-Clause'],
    ['Apache-2.0', 'Apache-2.0'],
    ['public-domain', 'LicenseRef-debian-public-domain'],
    ['GPL-2+ with OpenSSL exception', 'LicenseRef-debian-GPL-2-with-OpenSSL-exception'],
    ['(odd)', 'LicenseRef-debian-odd'],
    ['constructor', 'LicenseRef-debian-constructor'],
    ['__proto__', 'LicenseRef-debian-proto'],
  ])('%s is %s', (name, spdx) => {
    expect(spdxName(name)).toBe(spdx);
  });
});

describe('licenceOfCopyright', () => {
  const head = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n';
  const of = (...licences: string[]) =>
    licenceOfCopyright(
      `${head}\n${licences.map((name) => `Files: *\nCopyright: someone\nLicense: ${name}\n text\n`).join('\n')}`,
    );

  it.each([
    [['Expat'], 'MIT'],
    [['Expat', 'Expat'], 'MIT'],
    [['GPL-2+', 'Expat'], 'GPL-2.0-or-later AND MIT'],
    [['GPL-1+ or Artistic'], 'GPL-1.0-or-later OR Artistic-1.0'],
    [['GPL-1+ or Artistic', 'ISC'], '(GPL-1.0-or-later OR Artistic-1.0) AND ISC'],
    [['GPL-1+ or Artistic, and BSD-3-clause'], '(GPL-1.0-or-later OR Artistic-1.0) AND BSD-3-Clause'],
    [['MIT and ISC or Zlib'], '(MIT AND ISC) OR Zlib'],
    [['BSD-3-clause and/or GPL-3'], 'BSD-3-Clause OR GPL-3.0-only'],
  ])('reads %j as %s', (licences, expression) => {
    expect(of(...licences)).toBe(expression);
  });

  it('knows nothing of a text for people, or without licences', () => {
    expect(
      licenceOfCopyright('This package is under the GPL, see /usr/share/common-licenses/GPL-2\n'),
    ).toBeNull();
    expect(licenceOfCopyright(`${head}\nFiles: *\nCopyright: someone\n`)).toBeNull();
  });

  it('does not count paragraphs that hold the text of a licence alone', () => {
    expect(licenceOfCopyright(`${head}\nFiles: *\nLicense: ISC\n\nLicense: GPL-3\n text\n`)).toBe('ISC');
  });
});
