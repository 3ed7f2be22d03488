/** The outcome of a run, for people and programs. */
import { changesMarkdown, changesText, headline, NO_DIFFERENCE } from '../changes/text.ts';
import { jsonText, linesText } from '../text.ts';
import type { Reason } from './decide.ts';
import { eventOf, type Outcome } from './outcome.ts';

const REASONS: Readonly<Record<Reason, string>> = {
  new: 'the registry has none yet',
  foreign: 'mkbase did not make the current image',
  unsigned: 'the current image is not signed by this key',
  migration:
    'an earlier mkbase made it, whose digests covered aliases, mirrors and ends of life of recipes too; this happens once',
  build: 'it was packed in another way',
  inputs: 'an index or its configuration changed',
  packages: 'other packages or settings',
  tags: 'a tag of the list did not lead to it',
};

const MOST_LINES = 30;

/** A line: the image, its outcome, and why; its changelog below, as far as it is short. */
export function outcomeText(outcome: Outcome): string {
  const { name, result, names, changes, error } = outcome;
  const parts = [`${result.padEnd(9)}  ${name}`];
  if (error !== null) parts.push(error.message);
  else if (result !== 'unchanged') parts.push(whyText(outcome));
  if (names.length > 0) parts.push(names.join(' '));
  const changelog = changes === null ? [] : changesText(changes).trimEnd().split('\n').slice(2);
  const left = changelog.length - MOST_LINES;
  const lines = [
    parts.join(': '),
    ...changelog.slice(0, MOST_LINES).map((line) => `  ${line}`.trimEnd()),
    ...(left > 0 ? [`  and ${left} lines more: see them with \`--report\``] : []),
  ];
  return linesText(lines);
}

/** The file of `--report`: JSON where its name ends so, else Markdown. */
export function reportFile(outcomes: readonly Outcome[], file: string): string {
  if (file.endsWith('.json')) return jsonText({ images: outcomes.map(eventOf) }, 2);
  return reportMarkdown(outcomes);
}

/** A table of all images, then what has changed in each. */
export function reportMarkdown(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    const { name, result, digest, error } = outcome;
    const why = error?.message ?? (result === 'unchanged' ? '' : whyText(outcome));
    return `| ${name} | ${result} | ${cell(why)} | ${digest === null ? '' : `\`${digest}\``} |`;
  });
  const changelogs = outcomes.flatMap(({ name, changes }) =>
    changes === null ? [] : ['', ...changesMarkdown(changes, name).trimEnd().split('\n')],
  );
  return linesText([
    '| image | result | why | digest |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...changelogs,
  ]);
}

function whyText({ reason, changes }: Outcome): string {
  const reported = changes === null ? NO_DIFFERENCE : headline(changes);
  if (reported !== NO_DIFFERENCE) return reported;
  return reason === null ? '' : REASONS[reason];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
