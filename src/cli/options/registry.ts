import type { Option } from './option.ts';

/** How registries are spoken with. */
export const REGISTRY = [
  {
    name: 'authfile',
    kind: 'value',
    value: 'FILE',
    summary: 'where the accounts of registries are',
    default: "podman's and docker's",
  },
  {
    name: 'plain-http',
    kind: 'flag',
    weakens: true,
    summary: 'speak with registries without TLS; one on this machine is asked',
  },
  {
    name: 'chunk-size',
    kind: 'value',
    value: 'SIZE',
    summary: 'send blobs in pieces: 512K, 50M',
    default: 'each in one request',
  },
] as const satisfies readonly Option[];

/** What `mkbase copy` takes along. */
export const COPY = [
  {
    name: 'no-referrers',
    kind: 'flag',
    summary: 'leave behind what a registry keeps beside an image: SBOM, lock, signatures',
  },
] as const satisfies readonly Option[];
