import type { Option } from './option.ts';

/** The connection to registries. */
export const REGISTRY = [
  {
    name: 'authfile',
    kind: 'value',
    value: 'FILE',
    summary: 'file with registry credentials',
    default: "podman's and docker's",
  },
  {
    name: 'plain-http',
    kind: 'flag',
    weakens: true,
    summary: 'use plain HTTP; a registry on this machine is detected',
  },
  {
    name: 'chunk-size',
    kind: 'value',
    value: 'SIZE',
    summary: 'send blobs in chunks: 512K, 50M',
    default: 'one request per blob',
  },
] as const satisfies readonly Option[];

/** The artifacts that `mkbase copy` takes along. */
export const COPY = [
  {
    name: 'no-referrers',
    kind: 'flag',
    summary: 'do not copy the artifacts beside an image: SBOM, lock, signatures',
  },
] as const satisfies readonly Option[];
