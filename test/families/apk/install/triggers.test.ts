import { describe, expect, test } from 'vitest';
import type { PackageRecord } from '../../../../src/families/apk/install/package-record.ts';
import { triggeredBy } from '../../../../src/families/apk/install/triggers.ts';

const ACL = { uid: 0, gid: 0, mode: 0o755, xattrs: null };

function record(...paths: readonly string[]): Pick<PackageRecord, 'directories'> {
  return { directories: new Map(paths.map((path) => [path, { acl: ACL, files: new Map() }])) };
}

const RECORDS = [
  record('usr', 'usr/lib', 'lib/modules'),
  record('', 'usr', 'lib/modules/6.1', 'lib/modules/.old', 'a[b'),
];

describe('triggeredBy', () => {
  test.each<[string, readonly string[]]>([
    ['/usr', ['/usr']],
    ['/lib/modules/*', ['/lib/modules/.old', '/lib/modules/6.1']],
    ['/*', ['/', '/a[b', '/usr']],
    ['/', ['/']],
    ['/usr/l?b', ['/usr/lib']],
    ['/usr/[!m]ib', ['/usr/lib']],
    ['/usr[/]lib', []],
    ['/a[b', ['/a[b']],
    ['usr', []],
    ['/usr/bin', []],
    ['/us.', []],
  ])('%s', (glob, directories) => {
    expect(triggeredBy([glob], RECORDS)).toEqual(directories);
  });

  test('names a directory once, whatever matches it', () => {
    expect(triggeredBy(['/usr', '/u*'], RECORDS)).toEqual(['/usr']);
  });
});
