/** The user's own programs that run while a base is made, with the meaning that mmdebstrap(1) gives them. */
import { resolve } from 'node:path';
import { MkbaseError, quoted } from '../errors.ts';
import { shellWords } from './shell-words.ts';

/** How much is printed: nothing, as usual, all that scripts print. */
export type Verbosity = 0 | 1 | 2;

/** Before anything is unpacked; when the essential set is configured; when everything is. */
export const HOOK_PHASES = ['setup', 'essential', 'customize'] as const;
export type HookPhase = (typeof HOOK_PHASES)[number];

export interface Hook {
  readonly phase: HookPhase;
  /** As the user wrote it. */
  readonly text: string;
  /** Where it runs, on the host. */
  readonly cwd: string;
  readonly action: HookAction;
  /** sha256 of the text, or of the program that it names. */
  readonly digest: string;
}

/** A hook's part of a Lock; its text may hold secrets. */
export type LockedHook = Pick<Hook, 'phase' | 'digest'>;

/** In the order in which they run. */
export function lockedHooks(hooks: readonly Hook[]): readonly LockedHook[] {
  return HOOK_PHASES.flatMap((phase) =>
    hooks.filter((hook) => hook.phase === phase).map(({ digest }) => ({ phase, digest })),
  );
}

export type HookAction =
  /** A script for `sh -c`, or the path or name of a program; both get the root directory as an argument. */
  { readonly kind: 'shell' | 'program' } | HookCopy;

/** A copy between the host and the base: each of `from` to `to`. */
export interface HookCopy {
  readonly kind: HelperKind;
  readonly from: readonly string[];
  readonly to: string;
}

/** How one side gives and the other takes; `in` is from the host into the base. */
interface Helper {
  readonly way: 'in' | 'out';
  /** A path and all below it; only the entries below it; the bytes of a file; the entries of a tar. */
  readonly give: 'itself' | 'contents' | 'file' | 'tar';
  /** Unpacked below a directory, or written to a file. */
  readonly take: 'below' | 'file';
}

export const HELPERS = {
  'copy-in': { way: 'in', give: 'itself', take: 'below' },
  'copy-out': { way: 'out', give: 'itself', take: 'below' },
  'sync-in': { way: 'in', give: 'contents', take: 'below' },
  'sync-out': { way: 'out', give: 'contents', take: 'below' },
  'tar-in': { way: 'in', give: 'tar', take: 'below' },
  'tar-out': { way: 'out', give: 'itself', take: 'file' },
  upload: { way: 'in', give: 'file', take: 'file' },
  download: { way: 'out', give: 'file', take: 'file' },
} as const satisfies Readonly<Record<string, Helper>>;
export type HelperKind = keyof typeof HELPERS;
export type Give = Helper['give'];
export type Take = Helper['take'];

/**
 * The action of a hook's text. It is a helper where it begins with the name of one and a space; a program
 * where it is an executable file or has no character that is special to a shell; otherwise a script.
 *
 * @throws MkbaseError `usage/bad-hook` for a helper without its operands
 */
export function parseHookAction(text: string, cwd: string, isExecutable: boolean): HookAction {
  const name = text.slice(0, Math.max(0, text.indexOf(' ')));
  if (isHelper(name)) return parseHelper(name, text, cwd);
  return { kind: isExecutable || /^[\w@%+=:,./-]*$/.test(text) ? 'program' : 'shell' };
}

function parseHelper(kind: HelperKind, text: string, cwd: string): HookCopy {
  const [, ...paths] = shellWords(text) ?? [];
  const [from, to] = [paths.slice(0, -1), paths.at(-1)];
  if (from.length === 0 || to === undefined) {
    throw new MkbaseError('usage/bad-hook', `the hook ${quoted(text)} does not say what to copy where`, {
      hint: `write \`${kind} SOURCE... DESTINATION\`, with quotes around a path that has spaces`,
    });
  }
  const outside = (path: string) => resolve(cwd, path);
  if (HELPERS[kind].way === 'in') return { kind, from: from.map(outside), to };
  return { kind, from, to: outside(to) };
}

function isHelper(name: string): name is HelperKind {
  return Object.hasOwn(HELPERS, name);
}
