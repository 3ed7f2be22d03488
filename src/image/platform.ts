import type { Platform } from './blob.ts';

/** Debian's and Alpine's names where Go's, which images use, differ: `GOARCH` and the variant. */
const NAMES: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  arm64: ['arm64', 'v8'],
  aarch64: ['arm64', 'v8'],
  armel: ['arm', 'v5'],
  armhf: ['arm', 'v7'],
  armv7: ['arm', 'v7'],
  i386: ['386'],
  x86: ['386'],
  loongarch64: ['loong64'],
  mips64el: ['mips64le'],
  mipsel: ['mipsle'],
  powerpc: ['ppc'],
  ppc64el: ['ppc64le'],
  x86_64: ['amd64'],
};

/** The platform of a distribution's architecture, OCI image specification, image-index.md. */
export function platformOf(arch: string): Platform {
  const [architecture, variant] = NAMES[arch] ?? [arch];
  return { architecture, os: 'linux', ...(variant !== undefined && { variant }) };
}
