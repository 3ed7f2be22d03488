import type { Option } from './option.ts';

/** Options of the commands that keep bases fresh. */
export const REFRESH = [
  {
    name: 'check',
    kind: 'flag',
    summary: 'report whether it is current, and change nothing',
  },
  {
    name: 'detailed-exitcode',
    kind: 'flag',
    summary: 'exit with status 2 if something changed',
  },
  {
    name: 'shard',
    kind: 'value',
    value: 'I/N',
    summary: 'take only the images of shard I of N, counted from 0',
  },
  {
    name: 'timeout',
    kind: 'value',
    value: 'TIME',
    summary: 'time limit for one image',
    default: '30m',
  },
  {
    name: 'watch',
    kind: 'value',
    value: 'CRON',
    summary: 'keep running on this schedule in UTC: "30 4 * * *"',
  },
  {
    name: 'test',
    kind: 'value',
    value: 'COMMAND',
    summary: 'push an image only if this command succeeds in it',
  },
  {
    name: 'key',
    kind: 'value',
    value: 'FILE',
    summary: 'sign pushed images, and trust only those signed by this key',
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
    summary: 'write the outcome of each image: JSON by its ending, else Markdown',
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
    summary: 'send changes and failures to this address',
  },
  {
    name: 'exec-on-change',
    kind: 'value',
    value: 'COMMAND',
    summary: 'run this for each changed image',
  },
  {
    name: 'yes',
    short: 'y',
    kind: 'flag',
    summary: 'actually remove the tags, instead of listing them',
  },
] as const satisfies readonly Option[];
