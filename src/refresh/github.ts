/** The files that GitHub's runners read: a summary for people, outputs for later steps. */
import { appendFile } from 'node:fs/promises';
import type { Outcome } from './outcome.ts';
import { reportMarkdown } from './report.ts';

/** Appends to the files that the environment of a runner names; elsewhere it does nothing. */
export async function tellGithub(
  outcomes: readonly Outcome[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output } = env;
  if (summary !== undefined && summary !== '') await appendFile(summary, reportMarkdown(outcomes));
  if (output !== undefined && output !== '') await appendFile(output, outputsText(outcomes));
}

/** Each a JSON array on one line, so that a matrix can be made of it with fromJSON. */
export function outputsText(outcomes: readonly Outcome[]): string {
  const named = (...results: readonly Outcome['result'][]) =>
    JSON.stringify(outcomes.filter(({ result }) => results.includes(result)).map(({ name }) => name));
  return `changed=${named('changed', 'outdated')}\nfailed=${named('failed')}\n`;
}
