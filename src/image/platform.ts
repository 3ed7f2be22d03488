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

/** What Alpine means by a name that Debian has for something else. */
const ALPINE: typeof NAMES = { armhf: ['arm', 'v6'] };

/** The platform of a distribution's architecture, OCI image specification, image-index.md. */
export function platformOf(arch: string, names: 'debian' | 'alpine' = 'debian'): Platform {
  const [architecture, variant] = (names === 'alpine' ? ALPINE[arch] : undefined) ?? NAMES[arch] ?? [arch];
  return { architecture, os: 'linux', ...(variant !== undefined && { variant }) };
}
