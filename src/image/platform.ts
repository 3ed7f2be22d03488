import type { Platform } from './blob.ts';

/** Names of architectures where Go's, which images use, differ: `GOARCH` and the variant. */
export type PlatformNames = Readonly<Record<string, readonly [architecture: string, variant?: string]>>;

/** Debian's and Alpine's. */
const NAMES: PlatformNames = {
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

/** The platform of an architecture, OCI image specification, image-index.md; `own` names go before Debian's. */
export function platformOf(arch: string, own: PlatformNames = {}): Platform {
  const [architecture, variant] = own[arch] ?? NAMES[arch] ?? [arch];
  return { architecture, os: 'linux', ...(variant !== undefined && { variant }) };
}
