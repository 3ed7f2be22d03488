/** Metrics for node_exporter's textfile collector, and anything else that reads OpenMetrics 1.0. */
import { readFile } from 'node:fs/promises';
import { replaceFile } from '../image/replace-file.ts';
import type { Outcome } from './outcome.ts';

interface Family {
  readonly name: string;
  readonly unit?: string;
  readonly help: string;
  readonly value: (outcome: Outcome, now: number) => number | null;
}

const TIMES = {
  success: 'mkbase_last_success_timestamp_seconds',
  change: 'mkbase_last_change_timestamp_seconds',
};

const FAMILIES: readonly Family[] = [
  {
    name: TIMES.success,
    unit: 'seconds',
    help: 'When the image was last found or made fresh.',
    value: ({ result }, now) => (result === 'unchanged' || result === 'changed' ? now : null),
  },
  {
    name: TIMES.change,
    unit: 'seconds',
    help: 'When another image was last pushed.',
    value: ({ result }, now) => (result === 'changed' ? now : null),
  },
  {
    name: 'mkbase_packages_changed',
    help: 'Packages that the last change added, removed or replaced.',
    value: ({ changes }) => changes?.packages.length ?? 0,
  },
  {
    name: 'mkbase_duration_seconds',
    unit: 'seconds',
    help: 'What the last run of the image took.',
    value: ({ seconds }) => seconds,
  },
  {
    name: 'mkbase_index_age_seconds',
    unit: 'seconds',
    help: 'Age of the oldest index that the image was resolved from in the last run.',
    value: ({ oldestIndex }, now) => (oldestIndex === null ? null : now - Date.parse(oldestIndex) / 1000),
  },
  {
    name: 'mkbase_failed',
    help: 'Whether the last run of the image failed.',
    value: ({ result }) => (result === 'failed' ? 1 : 0),
  },
];

/** The text; `before` is that of the run before, whose times stay where this run has none. */
export function metricsText(outcomes: readonly Outcome[], now: number, before = ''): string {
  const lines = FAMILIES.flatMap(({ name, unit, help, value }) => {
    const samples = outcomes.flatMap((outcome) => {
      const label = `${name}{image="${outcome.name}"}`;
      const known = Object.values(TIMES).includes(name) ? sampleIn(before, label) : null;
      const number = value(outcome, now) ?? known;
      return number === null ? [] : [`${label} ${number}`];
    });
    if (samples.length === 0) return [];
    const units = unit === undefined ? [] : [`# UNIT ${name} ${unit}`];
    return [`# TYPE ${name} gauge`, ...units, `# HELP ${name} ${help}`, ...samples];
  });
  return `${[...lines, '# EOF'].join('\n')}\n`;
}

/** Replaces the file at once: a reader sees the run before or this one. `now` is in seconds. */
export async function writeMetrics(outcomes: readonly Outcome[], file: string, now: number): Promise<void> {
  const before = await readFile(file, 'utf8').catch(() => '');
  await replaceFile(file, [Buffer.from(metricsText(outcomes, now, before))]);
}

function sampleIn(text: string, label: string): number | null {
  const line = text.split('\n').find((one) => one.startsWith(`${label} `));
  return line === undefined ? null : Number(line.slice(label.length + 1));
}
