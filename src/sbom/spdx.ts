/** A bill of materials as SPDX 2.3, JSON (spdx.github.io/spdx-spec/v2.3). */

import { isoTime } from '../time.ts';
import type { FileItem, Inventory, PackageItem } from './inventory.ts';

const IMAGE = 'SPDXRef-Image';
const SYSTEM = 'SPDXRef-OperatingSystem';
const UNKNOWN = 'NOASSERTION';

/** The document; the same Inventory and version of mkbase give the same. */
export function spdxDocument(inventory: Inventory, toolVersion: string): Record<string, unknown> {
  const { name, arch, lockDigest, created, packages, files, system } = inventory;
  const parts = [
    ...packages.map((item, index) => packagePart(item, `SPDXRef-Package-${index + 1}`)),
    ...files.map((item, index) => filePart(item, `SPDXRef-File-${index + 1}`)),
  ];
  const whole = [imagePart(inventory), ...(system === null ? [] : [systemPart(system)])];
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${name} ${arch}`,
    documentNamespace: `https://mkbase.dev/spdx/${lockDigest}`,
    creationInfo: {
      created: isoTime(created),
      creators: [`Tool: mkbase-${toolVersion}`],
    },
    packages: [...whole, ...parts],
    ...ownLicences(packages),
    relationships: [
      relationship('SPDXRef-DOCUMENT', 'DESCRIBES', IMAGE),
      ...[...whole.slice(1), ...parts].map(({ SPDXID }) => relationship(IMAGE, 'CONTAINS', SPDXID)),
    ],
  };
}

interface Part {
  readonly SPDXID: string;
}

const ABOUT_LICENCES = { licenseConcluded: UNKNOWN, copyrightText: UNKNOWN };

function imagePart({ name, arch, summary, lockDigest, pathRules, hasHooks }: Inventory): Part {
  const notes = [
    summary,
    ...(pathRules.length === 0 ? [] : [`left out of packages: ${pathRules.join(' ')}`]),
    ...(hasHooks ? ['hooks ran in it, and what they changed is not listed'] : []),
  ];
  return {
    name: `${name} ${arch}`,
    SPDXID: IMAGE,
    versionInfo: `sha256:${lockDigest}`,
    downloadLocation: UNKNOWN,
    filesAnalyzed: false,
    primaryPackagePurpose: 'CONTAINER',
    comment: notes.join('\n'),
    licenseDeclared: UNKNOWN,
    ...ABOUT_LICENCES,
  } as Part;
}

function systemPart({ name, version }: NonNullable<Inventory['system']>): Part {
  return {
    name,
    SPDXID: SYSTEM,
    versionInfo: version,
    downloadLocation: UNKNOWN,
    filesAnalyzed: false,
    primaryPackagePurpose: 'OPERATING_SYSTEM',
    licenseDeclared: UNKNOWN,
    ...ABOUT_LICENCES,
  } as Part;
}

function packagePart(item: PackageItem, id: string): Part {
  const { name, version, purl, supplier, source, path, url, sha256, licence } = item;
  return {
    name,
    SPDXID: id,
    versionInfo: version,
    packageFileName: path.slice(path.lastIndexOf('/') + 1),
    supplier: supplier === null ? UNKNOWN : `Organization: ${supplier}`,
    downloadLocation: url ?? 'NOASSERTION',
    filesAnalyzed: false,
    ...(sha256 !== null && { checksums: [{ algorithm: 'SHA256', checksumValue: sha256 }] }),
    ...(source !== null && { sourceInfo: `built from the source package ${source}` }),
    licenseDeclared: licence ?? UNKNOWN,
    ...ABOUT_LICENCES,
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  } as Part;
}

const PURPOSES = { program: 'APPLICATION', settings: 'FILE', content: 'ARCHIVE' } as const;

/** As packages: SPDX's files must have a SHA-1, which says nothing any more. */
function filePart({ path, sha256, kind }: FileItem, id: string): Part {
  return {
    name: path,
    SPDXID: id,
    downloadLocation: UNKNOWN,
    filesAnalyzed: false,
    primaryPackagePurpose: PURPOSES[kind],
    checksums: [{ algorithm: 'SHA256', checksumValue: sha256 }],
    licenseDeclared: UNKNOWN,
    ...ABOUT_LICENCES,
  } as Part;
}

/** Licences that SPDX has no name for must be explained. */
function ownLicences(packages: readonly PackageItem[]): object {
  const ids = new Set(packages.flatMap(({ licence }) => licence?.match(/LicenseRef-[A-Za-z0-9.-]+/g) ?? []));
  if (ids.size === 0) return {};
  const infos = [...ids].sort().map((id) => ({
    licenseId: id,
    name: id.replace(/^LicenseRef-(debian-)?/, ''),
    extractedText: 'Its text is in the copyright files of the packages that name it.',
  }));
  return { hasExtractedLicensingInfos: infos };
}

function relationship(from: string, relationshipType: string, to: string): object {
  return { spdxElementId: from, relationshipType, relatedSpdxElement: to };
}
