import type { Option } from './option.ts';

/** What the commands take that keep bases fresh. */
export const REFRESH = [
  {
    name: 'output',
    short: 'o',
    kind: 'value',
    value: 'FILE',
    summary: 'write to this file',
    default: 'standard output',
  },
  {
    name: 'check',
    kind: 'flag',
    summary: 'tell whether it is current, and change nothing',
  },
  {
    name: 'markdown',
    kind: 'flag',
    summary: 'print differences as Markdown',
  },
] as const satisfies readonly Option[];
