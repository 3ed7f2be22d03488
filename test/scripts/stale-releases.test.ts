import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type Release, readReleases, readTable } from '../../scripts/release-table.ts';
import { staleReleases } from '../../scripts/stale-releases.ts';
import { temporaryDirectory } from '../fetch/support.ts';

const TODAY = '2026-11-30';
const DEBIAN = `version,codename,series,created,release,eol,eol-lts,eol-elts
10,Buster,buster,2017-06-17,2019-07-06,2022-09-10,2024-06-30,2029-06-30
12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30
13,Trixie,trixie,2023-06-10,2025-08-09,2028-08-09,2030-06-30
14,Forky,forky,2025-08-09
15,Duke,duke,2027-08-01
,Sid,sid,1993-08-16
,RC-Buggy,rc-buggy,1993-08-16
`;
const OURS = {
  'debian:bookworm': {
    release: '12',
    released: '2023-06-10',
    eol: '2026-07-11',
    eolLts: '2028-06-30',
    aliases: ['oldstable'],
  },
  'debian:trixie': {
    release: '13',
    released: '2025-08-09',
    eol: '2028-08-09',
    eolLts: '2030-06-30',
    aliases: ['stable', 'latest'],
  },
  'debian:forky': { release: '14', aliases: ['testing'] },
  'debian:sid': {},
};

const stale = (change: Record<string, Partial<Release>> = {}, table = DEBIAN, today = TODAY) => {
  const releases = Object.entries({ ...OURS, ...change }).map(([name, facts]): [string, Release] => [
    name,
    { name, release: null, released: null, eol: null, eolLts: null, aliases: [], ...facts },
  ]);
  return staleReleases({ ours: new Map(releases), theirs: new Map([['debian', readTable(table)]]), today });
};

test('a table that is up to date has nothing stale: ended suites and those to come are not missed', () => {
  expect(stale()).toEqual([]);
});

test('another end, version or day of release is told, and one that is only planned is not', () => {
  const moved = DEBIAN.replace('2030-06-30', '2030-09-30').replace(
    '14,Forky,forky,2025-08-09',
    '14.0,Forky,forky,2025-08-09,2027-08-01',
  );
  expect(stale({}, moved)).toEqual([
    '`debian:trixie` has `eol-lts` 2030-06-30, distro-info-data 2030-09-30',
    '`debian:forky` has `release` 14, distro-info-data 14.0',
  ]);
});

test('a suite that has begun is missing, one that is tried on top of another is not', () => {
  expect(stale({}, `${DEBIAN}16,New,new,2026-11-01\n`)).toEqual(['`debian:new` is missing, version 16']);
});

test('a release moves the names that go with it', () => {
  const released = { release: '14', released: '2027-08-01', aliases: ['testing'] };
  expect(stale({ 'debian:forky': released }, '', '2027-08-01')).toEqual([
    '`debian:stable` is `debian:forky` by its dates, `debian:trixie` here',
    '`debian:latest` is `debian:forky` by its dates, `debian:trixie` here',
    '`debian:oldstable` is `debian:trixie` by its dates, `debian:bookworm` here',
    '`debian:oldoldstable` is `debian:bookworm` by its dates, nothing here',
  ]);
});

test('the names of Ubuntu and Alpine follow their dates, and an old newest branch is told', () => {
  const ubuntu = {
    'ubuntu:noble': { release: '24.04', released: '2024-04-25', aliases: ['lts', 'latest', 'rolling'] },
    'ubuntu:questing': { release: '25.10', released: '2025-10-09' },
    'ubuntu:resolute': { release: '26.04' },
    'alpine:v3.24': { release: '3.24', released: '2026-05-01', aliases: ['latest', 'latest-stable', '3'] },
  };
  expect(stale(ubuntu)).toEqual([
    '`ubuntu:rolling` is `ubuntu:questing` by its dates, `ubuntu:noble` here',
    '`ubuntu:devel` is `ubuntu:resolute` by its dates, nothing here',
    'the newest branch of Alpine is 213 days old: there may be a newer one',
  ]);
});

test('the script reads an installed package, and its status is 0 whatever it finds', async () => {
  const root = await temporaryDirectory();
  const script = new URL('../../dist/scripts/releases.js', import.meta.url).pathname;
  const run = async () => (await promisify(execFile)(process.execPath, [script, root])).stdout;
  expect(await run()).toBe('releases: distro-info-data is neither to be fetched nor installed\n');
  const files = {
    'usr/share/distro-info/debian.csv': DEBIAN.replace('2028-06-30', '1999-01-01'),
    'var/lib/dpkg/status':
      'Package: a\nVersion: 1\n\nPackage: distro-info-data\nStatus: install ok installed\nVersion: 0.99\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  expect(await run()).toMatch(
    /`debian:bookworm` has `eol-lts` 2028-06-30, .* 1999-01-01\n(?:.*\n)*.*by distro-info-data 0\.99 on/,
  );
});

test('the table has days in one form, and an end for what has been released', async () => {
  const releases = await readReleases();
  for (const { name, released, eol, eolLts } of releases.values()) {
    for (const day of [released, eol, eolLts]) expect(day ?? TODAY, name).toMatch(/^\d{4}-\d\d-\d\d$/);
    if (released !== null) expect(eol, name).not.toBeNull();
  }
});
