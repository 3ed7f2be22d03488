/** Changes for people: in a terminal and in Markdown. */
import { bytesText, columns, counted, linesText } from '../text.ts';
import type { Changes } from './compare.ts';
import { PACKAGE_CHANGES, type PackageChange } from './packages.ts';

/** Headlines in one line each, then a section for each kind of change; one line where there is none. */
export function changesText(changes: Changes): string {
  const { packages, privileges, settings, request, files } = changes;
  const lines = [headline(changes)];
  if (privileges.length > 0) {
    const rows = privileges.map(({ path, what, before, after }) => [
      ...[what, `/${path}`, `${before ?? '-'} → ${after ?? '-'}`],
    ]);
    lines.push('', 'privileges', ...indented(columns(rows)));
  }
  if (packages.length > 0) lines.push('', 'packages', ...indented(columns(packages.map(packageRow), [4])));
  for (const [title, list] of [
    ['settings', settings],
    ['request', request],
  ] as const) {
    if (list.length === 0) continue;
    const rows = list.map(({ name, before, after }) => [name, `${before ?? '-'} → ${after ?? '-'}`]);
    lines.push('', title, ...indented(columns(rows)));
  }
  if (files !== null && files.length > 0) {
    const rows = files.map(({ kind, path, what }) => {
      return `${kind} /${path}${what.length === 0 ? '' : ` (${what.join(', ')})`}`;
    });
    lines.push('', 'files', ...indented(rows));
  }
  return linesText(lines);
}

/** A changelog for a release page or a step summary, GitHub's flavour. */
export function changesMarkdown(changes: Changes, title: string): string {
  const { packages, privileges, settings, request, files } = changes;
  const lines = [`## ${escaped(title)}`, '', headline(changes)];
  lines.push(
    ...table(
      ['path', 'what', 'before', 'after'],
      privileges.map(({ path, what, before, after }) => [`/${path}`, what, before ?? '', after ?? '']),
    ),
    ...table(
      ['package', 'change', 'before', 'after', 'from', 'size'],
      packages.map((change) => [
        ...[nameOf(change), change.kind, change.before ?? '', change.after ?? ''],
        ...[change.pocket ?? '', grownText(change.grown)],
      ]),
    ),
    ...table(
      ['setting', 'before', 'after'],
      [...settings, ...request].map(({ name, before, after }) => [name, before ?? '', after ?? '']),
    ),
  );
  if (files !== null && files.length > 0) {
    const rows = files.map(({ kind, path }) => `${kind} /${path}`);
    lines.push('', `<details><summary>${counted(files.length, 'file')}</summary>`, '', '```', ...rows, '```');
    lines.push('', '</details>');
  }
  return linesText(lines);
}

export const NO_DIFFERENCE = 'no difference';

/** `3 packages changed (1 added, 2 upgraded, of these 1 from security), 1.2 MB more to download`. */
export function headline({ packages, size, files, settings, request, privileges }: Changes): string {
  const parts: string[] = [];
  if (packages.length > 0) {
    const kinds = PACKAGE_CHANGES.flatMap((kind) => {
      const number = packages.filter((change) => change.kind === kind).length;
      return number === 0 ? [] : [`${number} ${kind}`];
    });
    const secure = packages.filter(({ pocket }) => pocket === 'security').length;
    if (secure > 0) kinds.push(`${secure} from security`);
    parts.push(`${counted(packages.length, 'package')} changed (${kinds.join(', ')})`);
  }
  if (privileges.length > 0) parts.push(`${counted(privileges.length, 'privilege')} changed`);
  if (settings.length > 0) parts.push(`${counted(settings.length, 'setting')} changed`);
  if (request.length > 0) parts.push('something else was asked for');
  if (files !== null && files.length > 0) parts.push(`${counted(files.length, 'file')} changed`);
  if (parts.length === 0) return NO_DIFFERENCE;
  if (size !== null && size.before !== size.after) {
    const more = size.after > size.before ? 'more' : 'less';
    const unit = size.unit === 'download' ? 'to download' : 'unpacked';
    parts.push(`${bytesText(Math.abs(size.after - size.before))} ${more} ${unit}`);
  }
  return parts.join(', ');
}

function packageRow(change: PackageChange): string[] {
  const { kind, before, after, pocket, grown } = change;
  const versions = [before, after].filter((version) => version !== null).join(' → ');
  return [kind, nameOf(change), versions, pocket ?? '', grownText(grown)];
}

function nameOf({ name, arches }: PackageChange): string {
  return arches.length > 1 ? `${name} (${arches.join(', ')})` : name;
}

function grownText(bytes: number | null): string {
  if (bytes === null || bytes === 0) return '';
  return `${bytes > 0 ? '+' : '-'}${bytesText(Math.abs(bytes))}`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  return ['', row(head), row(head.map(() => '---')), ...rows.map((cells) => row(cells.map(escaped)))];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Versions and paths come from outside: they must not become markup. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&');
}
