import { posix } from 'node:path';
import { quoted } from '../errors.ts';
import type { Platform } from '../image/blob.ts';
import { platformOf } from '../image/platform.ts';
import { type FileView, readBinary } from '../programs/file-view.ts';
import { findLibraries } from '../programs/libraries.ts';
import { type Program, readProgram } from '../programs/program.ts';
import { checkInterpreter, missedBy, missedNameServices } from '../programs/start.ts';
import type { Tree } from '../rootfs/tree.ts';
import type { Diagnosis, Finding } from './diagnosis.ts';
import { asFindings } from './examine-program.ts';
import { userFindings } from './users.ts';

/** The `config` of an image's configuration, as far as it decides what is started. */
export interface StartSettings {
  readonly user: string;
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workdir: string;
  readonly volumes: readonly string[];
}

export interface ImageToExamine {
  readonly platform: Platform;
  readonly settings: StartSettings;
  readonly tree: Tree;
  readonly view: FileView;
}

/** Predicts how a container of an image would start; nothing of it is run. */
export function examineImage(subject: string, image: ImageToExamine): Diagnosis {
  const { platform, settings, view, tree } = image;
  const isReset = settings.entrypoint.join('\0') === '' && settings.entrypoint.length === 1;
  const command = [...(isReset ? [] : settings.entrypoint), ...settings.cmd];
  const findings: Finding[] = [
    ...(isReset ? [EMPTY_ENTRYPOINT] : []),
    ...commandFindings(command[0], image),
    ...folderFindings(settings, view),
    ...userFindings(settings.user, view),
    ...temporaryFindings(tree),
  ];
  const arch = platform.architecture;
  const what =
    command.length === 0 ? 'starts nothing' : `starts ${command.map((word) => quoted(word)).join(' ')}`;
  return { subject, arch, summary: `${what} as ${settings.user || 'root'}`, findings };
}

const EMPTY_ENTRYPOINT = warning(
  'its entrypoint is one empty word: docker passes over it, and Kubernetes starts nothing',
  'leave the entrypoint out',
);

/** Engines make the folders that are missing, and cannot where a file is in the way. */
function folderFindings({ workdir, volumes }: StartSettings, view: FileView): Finding[] {
  const places = [
    ['working directory', workdir || '/'],
    ...volumes.map((volume) => ['volume', volume]),
  ] as const;
  return places.flatMap(([what = '', place = '']) => {
    const path = posix.resolve('/', place);
    const file = fileOnTheWay(path, view);
    if (file === null) return [];
    const message = `the ${what} ${quoted(path)} ${file === path ? 'is' : `leads through ${quoted(file)}, which is`} no folder`;
    return [error(message, 'name a folder, or one that is not there yet')];
  });
}

/** The first of a path and the folders above it that is there and no folder. */
function fileOnTheWay(path: string, view: FileView): string | null {
  const parts = path.split('/').filter(Boolean);
  const places = parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
  return places.find((place) => (view.follow(place)?.kind ?? 'directory') !== 'directory') ?? null;
}

function commandFindings(name: string | undefined, image: ImageToExamine): Finding[] {
  if (name === undefined) {
    return [error('it names neither an entrypoint nor a command', 'set one with `--entrypoint` or `--cmd`')];
  }
  const path = pathOf(name, image);
  if (path === null) {
    const where = name.includes('/') ? 'is not in the image' : 'is in no folder of PATH';
    return [error(`${quoted(name)} ${where}`, 'name the program by its absolute path')];
  }
  return programFindings(path, image, 0);
}

/** A script's interpreter may be a script, execve(2). */
const MAX_SCRIPTS = 5;

function programFindings(path: string, image: ImageToExamine, depth: number): Finding[] {
  const { view, tree } = image;
  const followed = view.follow(path);
  if (followed?.kind !== 'file') return [error(`${quoted(path)} is not a file`, 'name a program')];
  const mode = tree.get(followed.real.slice(1))?.mode ?? 0;
  if ((mode & 0o111) === 0) return [error(`${quoted(path)} may not be executed`, 'give it the mode 0755')];
  let program: Program | null = null;
  const unreadable = asFindings(() => {
    program = readProgram(readBinary(view, followed.real), path);
  });
  if (program === null) return unreadable;
  return [...startFindings(program, image, { path, real: followed.real, depth })];
}

function startFindings(
  program: Program,
  image: ImageToExamine,
  { path, real, depth }: { readonly path: string; readonly real: string; readonly depth: number },
): Finding[] {
  const { view, platform } = image;
  const has = (one: string) => view.follow(one) !== null;
  const findings = asFindings(() => checkInterpreter(program, path, { has }));
  if (program.kind === 'script') {
    if (findings.length > 0 || depth >= MAX_SCRIPTS) return findings;
    return [
      ...programFindings(program.interpreter, image, depth + 1),
      ...environmentFindings(program, image),
    ];
  }
  const { architecture } = platformOf(program.arch);
  if (architecture !== platform.architecture) {
    const message = `${quoted(path)} is for ${architecture}, and the image says ${platform.architecture}`;
    findings.push(error(message, 'build it for the architecture of the image, or say that of the program'));
  }
  if (findings.length === 0) {
    const { missing, outdated, nameServices } = findLibraries({ ...program, at: real, place: real }, view);
    for (const { name, neededBy } of missing) {
      const message = `${quoted(neededBy)} needs the library ${quoted(name)}, which the image does not have`;
      findings.push(error(message, 'add the library'));
    }
    for (const { name, version, neededBy } of outdated) {
      const message = `${quoted(neededBy)} needs ${quoted(version)}, which the ${quoted(name)} of the image does not have`;
      findings.push(error(message, 'take a later library, or build it for this one'));
    }
    const unnamed = missedNameServices(nameServices, { has });
    if (unnamed !== null) findings.push(warning(unnamed, 'add them'));
  }
  const missed = missedBy(program, path, { has }).map(({ what, message }): Finding => {
    return { level: what === 'certificates' ? 'warning' : 'note', message };
  });
  return [...findings, ...missed];
}

/** `#!/usr/bin/env python3` needs python3 as well. */
function environmentFindings(program: Program, image: ImageToExamine): Finding[] {
  if (program.kind === 'elf' || posix.basename(program.interpreter) !== 'env') return [];
  const name = program.argument?.split(/\s+/).find((word) => !word.startsWith('-') && !word.includes('='));
  if (name === undefined || pathOf(name, image) !== null) return [];
  return [error(`${quoted(name)}, which a script is for, is in no folder of PATH`, 'add it')];
}

/** Where runc looks: PATH for a plain name, the working directory for a relative one. */
function pathOf(name: string, { settings, view }: ImageToExamine): string | null {
  if (name.includes('/')) {
    const path = posix.resolve(settings.workdir || '/', name);
    return view.follow(path) === null ? null : path;
  }
  const path = settings.env.find((pair) => pair.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH;
  const folders = path.split(':').filter((folder) => folder.startsWith('/'));
  return (
    folders.map((folder) => posix.join(folder, name)).find((one) => view.follow(one)?.kind === 'file') ?? null
  );
}

/** Docker's, where an image sets none. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function temporaryFindings(tree: Tree): Finding[] {
  const entry = tree.get('tmp');
  if (entry?.type === 'symlink') return [];
  if (entry?.type !== 'dir')
    return [warning('there is no `/tmp`', 'add one that everyone may write to: 1777')];
  if ((entry.mode & 0o1777) === 0o1777) return [];
  const mode = entry.mode.toString(8).padStart(4, '0');
  return [warning(`\`/tmp\` has the mode ${mode}`, 'make it 1777, so that everyone may write to it')];
}

function error(message: string, hint: string): Finding {
  return { level: 'error', message, hint };
}

function warning(message: string, hint: string): Finding {
  return { level: 'warning', message, hint };
}
