import type { Option } from './option.ts';

/** What the commands take that keep bases fresh. */
export const REFRESH = [
  {
    name: 'check',
    kind: 'flag',
    summary: 'tell whether it is current, and change nothing',
  },
  {
    name: 'detailed-exitcode',
    kind: 'flag',
    summary: 'end with status 2 where something changed',
  },
  {
    name: 'shard',
    kind: 'value',
    value: 'I/N',
    summary: 'take each Nth image alone, from the Ith',
  },
  {
    name: 'timeout',
    kind: 'value',
    value: 'TIME',
    summary: 'how long one image may take',
    default: '30m',
  },
  {
    name: 'watch',
    kind: 'value',
    value: 'CRON',
    summary: 'go on for ever, by this schedule in UTC: "30 4 * * *"',
  },
  {
    name: 'test',
    kind: 'value',
    value: 'COMMAND',
    summary: 'push only what this command succeeds in, run by its shell',
  },
  {
    name: 'key',
    kind: 'value',
    value: 'FILE',
    summary: 'sign what is pushed, and believe only what is signed so',
  },
  {
    name: 'allow-recipes',
    kind: 'flag',
    summary: 'let the list name recipe files beside it',
  },
  {
    name: 'report',
    kind: 'value',
    value: 'FILE',
    summary: 'write what came of each image: JSON by its ending, else Markdown',
  },
  {
    name: 'metrics',
    kind: 'value',
    value: 'FILE',
    summary: 'write OpenMetrics for a textfile collector',
  },
  {
    name: 'webhook',
    kind: 'value',
    value: 'URL',
    summary: 'tell this address of changes and failures',
  },
  {
    name: 'exec-on-change',
    kind: 'value',
    value: 'COMMAND',
    summary: 'run this for each image that changed',
  },
  {
    name: 'yes',
    short: 'y',
    kind: 'flag',
    summary: 'remove, and do not only say what would be removed',
  },
] as const satisfies readonly Option[];
