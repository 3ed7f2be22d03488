/** A bill of materials as CycloneDX 1.6, JSON (cyclonedx.org/docs/1.6/json). */

import { isoTime } from '../time.ts';
import type { FileItem, Inventory, PackageItem } from './inventory.ts';

/** The document; the same Inventory and version of mkbase give the same. */
export function cyclonedxDocument(inventory: Inventory, toolVersion: string): Record<string, unknown> {
  const { name, arch, summary, lockDigest, created, packages, files, system } = inventory;
  const { pathRules, hasHooks } = inventory;
  const image = `image:${lockDigest}`;
  const components: readonly Component[] = [
    ...(system === null ? [] : [systemComponent(system)]),
    ...packages.map(packageComponent),
    ...files.map(fileComponent),
  ];
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(lockDigest)}`,
    version: 1,
    metadata: {
      timestamp: isoTime(created),
      lifecycles: [{ phase: 'build' }],
      tools: { components: [{ type: 'application', name: 'mkbase', version: toolVersion }] },
      component: {
        type: 'container',
        'bom-ref': image,
        name: `${name} ${arch}`,
        version: `sha256:${lockDigest}`,
        description: summary,
      },
      ...(pathRules.length > 0 && {
        properties: pathRules.map((rule) => ({ name: 'mkbase:left-out', value: rule })),
      }),
    },
    components,
    dependencies: [
      { ref: image, dependsOn: components.map((component) => component['bom-ref']) },
      ...components.map((component) => ({ ref: component['bom-ref'] })),
    ],
    // The Lock has only the digests of hooks.
    compositions: [{ aggregate: hasHooks ? 'incomplete' : 'complete', assemblies: [image] }],
  };
}

interface Component {
  readonly 'bom-ref': string;
}

function systemComponent({ name, version }: NonNullable<Inventory['system']>): Component {
  return { type: 'operating-system', 'bom-ref': `os:${name}@${version}`, name, version } as Component;
}

function packageComponent(item: PackageItem): Component {
  const { name, version, purl, supplier, source, url, sha256, licence, reason } = item;
  return {
    type: 'library',
    'bom-ref': purl,
    ...(supplier !== null && { supplier: { name: supplier } }),
    name,
    version,
    ...(sha256 !== null && { hashes: [{ alg: 'SHA-256', content: sha256 }] }),
    ...(licence !== null && { licenses: [{ expression: licence }] }),
    purl,
    ...(url !== null && { externalReferences: [{ type: 'distribution', url }] }),
    properties: [
      ...(source === null ? [] : [{ name: 'mkbase:source-package', value: source }]),
      { name: 'mkbase:reason', value: reason },
    ],
  } as Component;
}

const TYPES = { program: 'application', settings: 'file', content: 'file' } as const;

function fileComponent({ path, sha256, kind }: FileItem): Component {
  return {
    type: TYPES[kind],
    'bom-ref': `${kind}:${path}`,
    name: path,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
  } as Component;
}

/** A UUID of version 8, RFC 9562, from a sha256: the same document has the same. */
function uuidOf(hex: string): string {
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
