import { FORMATS, LAYER_CODECS } from '../../image/media-types.ts';
import { SBOM_FORMATS } from '../../sbom/format.ts';
import type { Option } from './option.ts';

/** The image's settings and metadata, under docker's names. */
export const IMAGE = [
  {
    name: 'change',
    short: 'c',
    kind: 'files',
    value: 'INSTRUCTION',
    summary: "change the image's settings, as `docker import --change` does",
  },
  {
    name: 'cmd',
    kind: 'value',
    value: 'COMMAND',
    summary: 'default command: a JSON array, or a line for the shell',
  },
  {
    name: 'entrypoint',
    kind: 'value',
    value: 'COMMAND',
    summary: 'program that gets the command as its arguments',
  },
  { name: 'env', short: 'e', kind: 'files', value: 'NAME=VALUE', summary: 'environment variable' },
  { name: 'user', short: 'u', kind: 'value', value: 'USER', summary: 'user, and group after a colon' },
  { name: 'workdir', short: 'w', kind: 'value', value: 'PATH', summary: 'working directory' },
  { name: 'expose', kind: 'words', value: 'PORTS', summary: 'ports that it listens on: 80, 53/udp' },
  { name: 'volume', kind: 'files', value: 'PATH', summary: 'directory that holds data' },
  { name: 'label', kind: 'files', value: 'NAME=VALUE', summary: 'label' },
  { name: 'stop-signal', kind: 'value', value: 'SIGNAL', summary: 'signal that stops it' },
  {
    name: 'healthcheck',
    kind: 'value',
    value: 'CHECK',
    summary: 'the arguments of HEALTHCHECK in a Dockerfile',
  },
  {
    name: 'annotation',
    kind: 'files',
    value: 'NAME=VALUE',
    summary: "annotation of an OCI image's manifest",
  },
  { name: 'author', kind: 'value', value: 'NAME', summary: 'author of the image' },
  {
    name: 'created',
    kind: 'value',
    value: 'TIME',
    summary: 'creation time: 2025-01-31T12:00:00Z',
    default: "the newest package's time",
  },
  {
    name: 'format',
    kind: 'value',
    value: 'NAME',
    allowed: [...FORMATS, ...SBOM_FORMATS],
    summary: 'image media types (oci, docker), or SBOM format',
    default: 'oci or spdx',
  },
  {
    name: 'compression',
    kind: 'value',
    value: 'CODEC',
    allowed: LAYER_CODECS,
    summary: 'compression of its layer; docker before 23 cannot load zstd',
    default: 'gzip',
  },
  {
    name: 'tag',
    short: 't',
    kind: 'files',
    value: 'NAME',
    summary: 'an additional name of the image',
  },
  {
    name: 'iidfile',
    kind: 'value',
    value: 'FILE',
    summary: "write the image's id, the digest of its configuration",
  },
  {
    name: 'digest-file',
    kind: 'value',
    value: 'FILE',
    summary: "write the digest of the image's manifest or index",
  },
  {
    name: 'image-refs',
    kind: 'value',
    value: 'FILE',
    summary: 'write every name with its digest, one per line',
  },
] as const satisfies readonly Option[];
