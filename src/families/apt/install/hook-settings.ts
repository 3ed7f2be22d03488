/** Settings that hooks write into a base for apt and dpkg, and what becomes of them while it is built. */

import { compileExclusions, type Exclusion, parsePathRules } from '../../../rootfs/exclusions.ts';
import type { Tree } from '../../../rootfs/tree.ts';
import type { TextFile } from '../../../rootfs/unpack-protocol.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { RULES_FILE } from './dpkg-path-rules.ts';

const FOLDER = '/etc/dpkg/dpkg.cfg.d';

/** The files that they exclude, see {@link pathRulesInBase}. */
export async function exclusionInBase(
  sandbox: Pick<Sandbox, 'list' | 'read'>,
  own: readonly string[],
): Promise<Exclusion> {
  return compileExclusions(parsePathRules(await pathRulesInBase(sandbox, own)));
}

/**
 * The path rules that dpkg would go by, in its order, dpkg.cfg(5): `own` are those that mkbase has written.
 *
 * @throws MkbaseError as {@link Sandbox.read}
 */
export async function pathRulesInBase(
  sandbox: Pick<Sandbox, 'list' | 'read'>,
  own: readonly string[],
): Promise<readonly string[]> {
  const names = await sandbox.list(FOLDER);
  const paths = names.filter((name) => /^[\w-]+$/.test(name)).map((name) => `${FOLDER}/${name}`);
  const rules: string[] = [];
  for (const path of [...paths, '/etc/dpkg/dpkg.cfg']) {
    if (path === `/${RULES_FILE}`) rules.push(...own);
    else rules.push(...rulesIn((await sandbox.read(path))?.toString('latin1') ?? ''));
  }
  return rules;
}

/** An option a line, with `=` or white space before its value, which may be in quotes. */
function rulesIn(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, kind, value = ''] = /^\s*path-(exclude|include)\s*[=\s]\s*(\S.*)$/.exec(line) ?? [];
    if (kind === undefined) return [];
    const glob = value.trimEnd().replace(/^(["'])(.*)\1$/, '$2');
    return [`path-${kind}=${glob}`];
  });
}

/** apt.conf(5), apt_preferences(5), sources.list(5). */
const OF_APT = /^etc\/apt\/(?:apt\.conf|preferences|sources\.list)(?:\.d\/.+)?$/;

/**
 * The notices about apt's settings that a hook has written before anything was unpacked: packages were chosen
 * before. `written` are the files that were there for the hook.
 */
export function settingsNotHeeded(tree: Tree, written: readonly TextFile[]): readonly string[] {
  const before = new Map(written.map((file) => [file.path, file]));
  const paths = [...tree].flatMap(([path, entry]) => {
    const was = before.get(path);
    const isSame = entry.type === 'file' && entry.size === was?.content.length && entry.mtime === was.mtime;
    return OF_APT.test(path) && entry.type !== 'dir' && !isSame ? [`/${path}`] : [];
  });
  if (paths.length === 0) return [];
  return [
    `a setup hook wrote apt's settings, which hold in the base and not for this build, whose packages are chosen before: ${paths.join(', ')}; see \`--source\`, \`--pin\` and \`--exclude\``,
  ];
}
