import { expect, it } from 'vitest';
import { unpackedStanza } from '../../../../src/families/apt/install/status-stanza.ts';
import { readControl } from '../../../../src/families/apt/package/control.ts';

const CONTROL = 'Package: thermald\nVersion: 2.5.9-1\nArchitecture: amd64\nDescription: cools\n';

it('lists conffiles as the package does: with flags, and twice what is listed twice', () => {
  const conffiles = '/etc/a.xml\nremove-on-upgrade /etc/init/gone.conf\n/etc/a.xml\n';
  expect(unpackedStanza(readControl(CONTROL, conffiles), () => 'newconffile')).toBe(
    [
      'Package: thermald',
      'Status: install ok unpacked',
      'Architecture: amd64',
      'Version: 2.5.9-1',
      'Conffiles:',
      ' /etc/a.xml newconffile',
      ' /etc/init/gone.conf newconffile remove-on-upgrade',
      ' /etc/a.xml newconffile',
      'Description: cools',
      '',
    ].join('\n'),
  );
});
