import { CHECKS } from './options/checks.ts';
import { CONTENTS } from './options/contents.ts';
import { HOST } from './options/host.ts';
import { IMAGE } from './options/image.ts';
import { MAKING } from './options/making.ts';
import type { Option } from './options/option.ts';
import { ORIGIN } from './options/origin.ts';
import { OUTPUT, PRINTING } from './options/output.ts';
import { REFRESH } from './options/refresh.ts';
import { COPY, REGISTRY } from './options/registry.ts';
import { SCRATCH } from './options/scratch.ts';

/** The options under the headings that help shows. */
export const GROUPS: readonly { readonly title: string; readonly options: readonly Option[] }[] = [
  { title: 'What goes in', options: CONTENTS },
  { title: 'Where it comes from', options: ORIGIN },
  { title: 'Checks', options: CHECKS },
  { title: 'How it is made', options: MAKING },
  { title: 'Images', options: IMAGE },
  { title: 'Registries', options: [...REGISTRY, ...COPY] },
  { title: 'Keeping fresh', options: REFRESH },
  { title: 'Scratch images', options: SCRATCH },
  { title: 'Installed packages', options: HOST },
  { title: 'Output', options: [...PRINTING, ...OUTPUT] },
];

/** Every option of every command; parsing, help, completion and the manual follow it. */
export const OPTIONS = [
  ...CONTENTS,
  ...ORIGIN,
  ...CHECKS,
  ...MAKING,
  ...IMAGE,
  ...REGISTRY,
  ...COPY,
  ...REFRESH,
  ...SCRATCH,
  ...HOST,
  ...PRINTING,
  ...OUTPUT,
] as const;

export type OptionName = (typeof OPTIONS)[number]['name'];

interface ValueOf {
  flag: boolean;
  value: string | null;
  files: readonly string[];
  words: readonly string[];
}

/** The options as given: a flag that is absent is false, a value null, a list empty. */
export type Flags = { readonly [O in (typeof OPTIONS)[number] as O['name']]: ValueOf[O['kind']] };

/** Whether an option was given, by its value in Flags. */
export function isGiven(value: Flags[OptionName]): boolean {
  return typeof value === 'object' && value !== null ? value.length > 0 : value !== null && value !== false;
}
