import { quoted } from '../errors.ts';
import { type FileView, readText } from '../programs/file-view.ts';
import type { Finding } from './diagnosis.ts';

/** Whether an image's `User` can be found in it, and is what orchestrators can check. */
export function userFindings(user: string, view: FileView): Finding[] {
  const [name = '', group] = user.split(':');
  if (['', '0', 'root'].includes(name)) {
    return [{ level: 'note', message: 'it runs as root', hint: 'set another user with `--user`' }];
  }
  return [...idFindings(name, { file: '/etc/passwd', what: 'user', view }), ...groupFindings(group, view)];
}

function groupFindings(group: string | undefined, view: FileView): Finding[] {
  return group === undefined || group === ''
    ? []
    : idFindings(group, { file: '/etc/group', what: 'group', view });
}

/** The limit of moby's and containerd's `User`, whose ids are signed numbers of 32 bits. */
const MAX_ID = 2 ** 31 - 1;

interface Lookup {
  readonly file: string;
  readonly what: 'user' | 'group';
  readonly view: FileView;
}

function idFindings(name: string, { file, what, view }: Lookup): Finding[] {
  const lines = linesOf(file, view);
  if (/^\d+$/.test(name)) {
    if (Number(name) > MAX_ID) {
      const message = `the ${what} ${name} is past ${MAX_ID}, the last that engines take`;
      return [{ level: 'error', message, hint: 'take a smaller number' }];
    }
    if (what === 'group' || lines.some((line) => line.split(':')[2] === name)) return [];
    return [
      { level: 'note', message: `no account in \`${file}\` has the id ${name}: it has no name and no home` },
    ];
  }
  if (lines.some((line) => line.startsWith(`${name}:`))) {
    const message = `the ${what} is named ${quoted(name)}: kubernetes cannot check that it is not root`;
    return [{ level: 'note', message, hint: 'name it by its number' }];
  }
  const message = `the ${what} ${quoted(name)} is not in \`${file}\``;
  return [{ level: 'error', message, hint: 'add the account, or name it by its number' }];
}

function linesOf(file: string, view: FileView): readonly string[] {
  const followed = view.follow(file);
  return followed?.kind === 'file' ? readText(view, followed.real).split('\n') : [];
}
