import { SBOM_FORMATS } from '../../sbom/format.ts';
import type { Option } from './option.ts';

/** Options of commands that print their results. */
export const PRINTING = [
  {
    name: 'output',
    short: 'o',
    kind: 'value',
    value: 'FILE',
    summary: 'write to this file',
    default: 'standard output',
  },
  {
    name: 'markdown',
    kind: 'flag',
    summary: 'print differences as Markdown',
  },
] as const satisfies readonly Option[];

/** Output, and files beside the target. */
export const OUTPUT = [
  {
    name: 'to',
    kind: 'files',
    value: 'TARGET',
    summary: 'an additional TARGET of the same build; may be repeated',
  },
  {
    name: 'size',
    kind: 'value',
    value: 'BYTES',
    summary: 'size of an ext2 or ext4 file system, as in `2G`',
    default: 'the least that fits',
  },
  {
    name: 'free',
    kind: 'value',
    value: 'BYTES',
    summary: 'bytes to leave free in an ext2 or ext4 file system, as in `200M`',
  },
  {
    name: 'simulate',
    short: 's',
    also: ['dry-run'],
    kind: 'flag',
    summary: 'print the plan and make nothing',
  },
  {
    name: 'print-debs',
    kind: 'flag',
    summary: 'print the names of the packages and make nothing',
  },
  {
    name: 'print-request',
    kind: 'flag',
    summary: 'print the request as JSON for mkbase run, and make nothing',
  },
  {
    name: 'lock-out',
    kind: 'value',
    value: 'FILE',
    summary: 'file for the lock; `-` writes none',
    default: 'TARGET.lock.json',
  },
  {
    name: 'sbom',
    kind: 'words',
    value: 'FORMATS',
    allowed: SBOM_FORMATS,
    summary: 'bills of materials, beside the target and in registries',
  },
  {
    name: 'no-fsync',
    kind: 'flag',
    summary: 'do not wait until results are on the disk',
  },
  {
    name: 'json',
    kind: 'flag',
    summary: 'events, plans, lists and errors as lines of JSON',
  },
  {
    name: 'verbose',
    short: 'v',
    kind: 'flag',
    summary: 'show the output of scripts, and the causes of an error',
  },
  {
    name: 'quiet',
    short: 'q',
    kind: 'flag',
    summary: 'print only errors',
  },
  {
    name: 'help',
    short: 'h',
    kind: 'flag',
    summary: 'print this help',
  },
  {
    name: 'version',
    kind: 'flag',
    summary: 'print the version',
  },
] as const satisfies readonly Option[];
