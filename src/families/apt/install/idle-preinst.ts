/**
 * Whether a preinst does nothing for a new package: it has no lines but those by which debhelper has
 * dpkg-maintscript-helper(1) see to what an older version left. There is none, and so nothing to run, and no
 * reason to have all files in place before it ([decision 147](../../../docs/decisions/0147-steps-of-apt.md)).
 */
export function isIdle(script: string): boolean {
  const [first = '', ...lines] = script.split('\n');
  return INTERPRETER.test(first) && lines.every((line) => IDLE.test(line));
}

const INTERPRETER = /^#! ?\/bin\/(?:sh|dash|bash)(?: -e)?$/;

/** Nothing, a comment, a setting of the shell, its end, or a call for a package's older version alone. */
const IDLE =
  /^(?:\s*(?:#.*)?|set -eu?|exit 0|dpkg-maintscript-helper (?:rm_conffile|mv_conffile|symlink_to_dir|dir_to_symlink) [\w\s/.:+~@\\-]+ -- "\$@")$/;
