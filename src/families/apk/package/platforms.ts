import type { PlatformNames } from '../../../recipe/arch.ts';

/** Alpine's `armhf` is an older machine than Debian's. */
export const PLATFORMS: PlatformNames = { armhf: ['arm', 'v6'] };
