/** Forms of a bill of materials: SPDX 2.3 and CycloneDX 1.6, both as JSON. */
export const SBOM_FORMATS = ['spdx', 'cyclonedx'] as const;
export type SbomFormat = (typeof SBOM_FORMATS)[number];
