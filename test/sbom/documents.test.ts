import { describe, expect, it } from 'vitest';
import type { Lock } from '../../src/lock/lock.ts';
import { cyclonedxDocument } from '../../src/sbom/cyclonedx.ts';
import { inventoryOf } from '../../src/sbom/inventory.ts';
import { spdxDocument } from '../../src/sbom/spdx.ts';
import { cyclonedxFaults } from '../support/cyclonedx.ts';
import { lockOf } from '../support/lock.ts';

const [hello, libc] = lockOf().packages;
const image: Lock['image'] = {
  ...lockOf().image,
  files: [{ path: 'etc/passwd', mode: 0o644, content: 'root:x:0:0::/root:/sbin/nologin\n' }],
  additions: 'a'.repeat(64),
  programs: [{ path: 'app', size: 3, sha256: 'b'.repeat(64) }],
};
const lock = lockOf({
  image,
  pathRules: ['path-exclude=/usr/share/man/*'],
  packages: [
    { ...hello!, version: '1:2.10-3+b1~x', digest: `sha256:${'c'.repeat(64)}` },
    { ...libc!, pocket: 'own-1' },
  ],
  indexes: [
    ...lockOf().indexes,
    {
      ...{ pocket: 'own-1', suite: 'stable', digest: 'd'.repeat(64), date: '2025-01-01T00:00:00Z' },
      ...{ uri: 'https://deb.example/x', signedBy: null, origin: 'Acme', own: { checksOff: [] } },
    },
  ],
});
const facts = new Map([
  [
    `sha256:${'c'.repeat(64)}`,
    {
      ...{ licence: 'GPL-3.0-or-later AND LicenseRef-debian-odd', sha256: 'c'.repeat(64) },
      source: { name: 'hello', version: null },
    },
  ],
]);
const inventory = inventoryOf(lock, facts);
const withoutPackages = inventoryOf(
  lockOf({
    recipe: {
      ...{ name: 'mkbase:scratch', distribution: 'mkbase', suite: 'scratch', release: null },
      digest: '0'.repeat(64),
    },
    family: null,
    variant: 'scratch',
    packages: [],
    image,
  }),
  new Map(),
);

describe('inventoryOf', () => {
  it('has every package with its package URL, address, digest and licence', () => {
    expect(inventory.packages[0]).toEqual({
      name: 'hello',
      version: '1:2.10-3+b1~x',
      arch: 'amd64',
      size: 53_000,
      reason: 'requested',
      purl: 'pkg:deb/debian/hello@1:2.10-3%2Bb1~x?arch=amd64&distro=debian-12',
      supplier: 'debian',
      source: 'hello',
      path: 'pool/main/h/hello/hello_2.10-3_amd64.deb',
      url: 'http://ftp.debian.org/debian/pool/main/h/hello/hello_2.10-3_amd64.deb',
      sha256: 'c'.repeat(64),
      licence: 'GPL-3.0-or-later AND LicenseRef-debian-odd',
    });
  });

  it('names the distribution that os-release in the image names, where that is another', () => {
    const { recipe } = lock;
    const system = { name: 'debian', version: '13' };
    const derived = { ...recipe, distribution: 'raspios', release: '13', system };
    const found = inventoryOf({ ...lock, recipe: derived }, facts);
    expect(found.system).toEqual(system);
    expect(found.packages[0]?.purl).toMatch(/^pkg:deb\/debian\/hello@.*&distro=debian-13$/);
  });

  it('says of a package from a source of the user where that is, and not that Debian made it', () => {
    expect(inventory.packages[1]).toMatchObject({
      purl: 'pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc&repository_url=https%3A%2F%2Fdeb.example%2Fx',
      supplier: 'Acme',
      source: 'glibc',
      url: 'https://deb.example/x/pool/main/g/glibc/libc6_2.36-9_amd64.deb',
    });
  });

  it('has the sha256 of packages that apk knows by their identity, where the cache has them', () => {
    const digest = `apk:${'e'.repeat(40)}`;
    const alpine = lockOf({
      recipe: {
        ...{ name: 'alpine:v3.20', distribution: 'alpine', suite: 'v3.20', release: '3.20' },
        digest: '0'.repeat(64),
      },
      family: { name: 'apk', options: {}, image: {} },
      indexes: [{ ...lockOf().indexes[0]!, pocket: 'main', uri: 'https://dl-cdn.alpinelinux.org/alpine' }],
      packages: [
        {
          ...hello!,
          name: 'musl',
          arch: 'x86_64',
          pocket: 'main',
          path: 'v3.20/main/x86_64/musl.apk',
          digest,
        },
      ],
    });
    expect(inventoryOf(alpine, new Map()).packages[0]).toMatchObject({
      purl: 'pkg:apk/alpine/musl@2.10-3?arch=x86_64&distro=alpine-3.20',
      url: 'https://dl-cdn.alpinelinux.org/alpine/v3.20/main/x86_64/musl.apk',
      ...{ sha256: null, licence: null, supplier: 'alpine', source: null },
    });
    const known = new Map([
      [digest, { licence: 'MIT', sha256: 'f'.repeat(64), source: { name: 'musl', version: null } }],
    ]);
    expect(inventoryOf(alpine, known).packages[0]).toMatchObject({ sha256: 'f'.repeat(64), licence: 'MIT' });
  });

  it.each([
    ['pool/updates/main/o/openssl/libssl3_3.0.17-1~deb12u2_amd64.deb', 'openssl', '&upstream=openssl'],
    ['pool/main/libx/libxcrypt/libcrypt1_4.4.33-2_amd64.deb', 'libxcrypt', '&upstream=libxcrypt'],
    ['pool/main/h/hello/hello_1_amd64.deb', 'hello', ''],
    ['flat/hello_1_amd64.deb', null, ''],
    ['pool/stable/hello_1_amd64.deb', null, ''],
  ])('finds the source package in the path %s', (path, source, upstream) => {
    const [item] = inventoryOf(lockOf({ packages: [{ ...hello!, path }] }), new Map()).packages;
    expect(item).toMatchObject({
      source,
      purl: expect.stringMatching(new RegExp(`distro=debian-12${upstream}$`)),
    });
  });

  it.each([
    [{ name: 'hello', version: '2.10-3' }, ''],
    [{ name: 'hello', version: '2.10-2' }, '&upstream=hello%402.10-2'],
    [{ name: 'greetings', version: null }, '&upstream=greetings'],
  ])('takes the source package %j from the package itself', (source, upstream) => {
    const item = { ...hello!, version: '2.10-3' };
    const own = new Map([[item.digest, { licence: null, sha256: 'f'.repeat(64), source }]]);
    const [found] = inventoryOf(lockOf({ packages: [item] }), own).packages;
    expect(found!.purl.replace(/^.*debian-12/, '')).toBe(upstream);
  });

  it('has every file that comes from no package', () => {
    expect(inventory.files.map(({ path, kind }) => [path, kind])).toEqual([
      ['/app', 'program'],
      ['/etc/passwd', 'settings'],
      ['/', 'content'],
    ]);
  });
});

describe('spdxDocument', () => {
  const document = spdxDocument(inventory, '1.2.3');

  it('is the same for the same lock', () => {
    expect(spdxDocument(inventoryOf(lock, facts), '1.2.3')).toEqual(document);
    expect(document).toMatchObject({
      spdxVersion: 'SPDX-2.3',
      documentNamespace: `https://mkbase.dev/spdx/${'3'.repeat(64)}`,
      creationInfo: { created: '2023-11-14T22:13:20Z', creators: ['Tool: mkbase-1.2.3'] },
    });
  });

  it('contains what the image does, and explains licences that SPDX has no name for', () => {
    const packages = document.packages as readonly Record<string, unknown>[];
    expect(packages.map(({ name, primaryPackagePurpose: purpose }) => [name, purpose])).toEqual([
      ['debian:bookworm amd64', 'CONTAINER'],
      ['debian', 'OPERATING_SYSTEM'],
      ['hello', undefined],
      ['libc6', undefined],
      ['/app', 'APPLICATION'],
      ['/etc/passwd', 'FILE'],
      ['/', 'ARCHIVE'],
    ]);
    const ids = packages.map(({ SPDXID }) => SPDXID);
    expect(new Set(ids).size).toBe(ids.length);
    expect(document.relationships).toHaveLength(packages.length);
    expect(document.hasExtractedLicensingInfos).toMatchObject([{ licenseId: 'LicenseRef-debian-odd' }]);
    expect(packages[0]).toMatchObject({ comment: expect.stringContaining('path-exclude=/usr/share/man/*') });
  });

  it('is made without packages, too', () => {
    const { packages, relationships } = spdxDocument(withoutPackages, '1.2.3');
    expect((packages as readonly unknown[]).length).toBe((relationships as readonly unknown[]).length);
  });
});

describe('cyclonedxDocument', () => {
  it('refers to each component once, and to nothing else', () => {
    const document = cyclonedxDocument(inventory, '1.2.3');
    const components = document.components as readonly Record<string, unknown>[];
    const refs = components.map((component) => component['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    expect(document.dependencies).toMatchObject([{ dependsOn: refs }, ...refs.map((ref) => ({ ref }))]);
    expect(document.serialNumber).toBe('urn:uuid:33333333-3333-8333-b333-333333333333');
  });

  it('is valid by the schema of CycloneDX 1.6', async () => {
    const faults = await cyclonedxFaults();
    for (const one of [inventory, withoutPackages])
      expect(faults(cyclonedxDocument(one, '1.2.3'))).toBeNull();
  });
});
