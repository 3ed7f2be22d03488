/** Runs hooks: inside the namespaces, as their root, with the host's files in sight and no network. */
import { MkbaseError, quoted, reasonOf } from '../errors.ts';
import type { Mode } from '../job.ts';
import { Root } from '../rootfs/root.ts';
import { joined } from '../rootfs/tree-path.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { hookEnvironment } from './environment.ts';
import { HELPERS, HOOK_PHASES, type Hook, type HookCopy, type HookPhase, type Verbosity } from './hook.ts';
import { type HookRequest, runHookRequest, type Side } from './hook-request.ts';
import { withInertPrograms } from './inert-programs.ts';

/** The state of the build in which hooks run. */
export interface HookMoment {
  /** Seconds since 1970. */
  readonly epoch: number;
  /** Programs of the base that must do nothing meanwhile. */
  readonly stubs: readonly string[];
}

/** The hooks of each phase that has some. */
export type Hooks = Partial<Readonly<Record<HookPhase, (moment: HookMoment) => Promise<void>>>>;

export interface HookTools {
  /** The rootfs, as this process names it. */
  readonly root: string;
  readonly mode: Mode;
  /** Seconds that a hook may take; null is no limit. */
  readonly scriptTimeout: number | null;
  readonly include: readonly string[];
  readonly verbosity: Verbosity;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file through which helpers exchange. */
  readonly exchange: string;
  /** Has a request run outside. */
  readonly outside: (request: HookRequest) => Promise<void>;
  readonly log: (line: string) => void;
}

const LAST_LINES = 20;

/** @returns the phases, and what ends a hook that is running */
export function openHooks(
  hooks: readonly Hook[],
  tools: HookTools,
): { readonly phases: Hooks; close(): Promise<void> } {
  let sandbox: Sandbox | undefined;
  const last = HOOK_PHASES.findLast((phase) => hooks.some((hook) => hook.phase === phase));
  const phases: Record<string, (moment: HookMoment) => Promise<void>> = {};
  for (const phase of HOOK_PHASES) {
    const mine = hooks.filter((hook) => hook.phase === phase);
    if (mine.length > 0) phases[phase] = (moment) => runPhase(phase, mine, moment);
  }
  return { phases, close };

  async function runPhase(phase: HookPhase, mine: readonly Hook[], moment: HookMoment): Promise<void> {
    const root = new Root(tools.root);
    const base: Side = { name: 'base', owners: true, root };
    await withInertPrograms(moment.stubs, root, async () => {
      sandbox = startSandbox(tools.mode, { limit: tools.scriptTimeout });
      // Nothing can run in the base before it is unpacked, so that it needs no file systems then.
      await sandbox.accompany(phase === 'setup' ? null : tools.root);
      const env = hookEnvironment({ ...tools, phase, epoch: moment.epoch });
      for (const hook of mine) await runHook(hook, { ...tools, env, base, sandbox });
      await close();
    });
    if (phase === last) clearTemporary(root);
  }

  async function close(): Promise<void> {
    await sandbox?.close();
  }
}

interface HookPlace extends HookTools {
  readonly env: Readonly<Record<string, string>>;
  readonly base: Side;
  readonly sandbox: Sandbox;
}

async function runHook(hook: Hook, place: HookPlace): Promise<void> {
  const { text, cwd, action } = hook;
  const output: string[] = [];
  place.log(`running the ${hook.phase} hook ${quoted(text)}`);
  try {
    if ('from' in action) return await runHelper(action, place);
    const argv = action.kind === 'program' ? [text, place.root] : ['sh', '-c', text, 'exec', place.root];
    const line = (written: string) => {
      // A hook may print without end.
      if (output.push(written) > LAST_LINES) output.shift();
      place.log(written);
    };
    const status = await place.sandbox.run({ argv, env: place.env, cwd }, { line });
    if (status !== 0) throw new Error(`exit status ${status}`);
  } catch (cause) {
    throw hookFailed(hook, output, cause);
  }
}

async function runHelper(
  { kind, from, to }: HookCopy,
  { exchange, base, outside }: HookPlace,
): Promise<void> {
  const { way, give, take } = HELPERS[kind];
  const inside = (request: HookRequest) => runHookRequest(request, exchange, base);
  const [giver, taker] = way === 'in' ? [outside, inside] : [inside, outside];
  const named = (path: string, side: 'giver' | 'taker') =>
    (side === 'giver') === (way === 'in') ? path : `/${path.replace(/^\/+/, '')}`;
  for (const path of from) {
    await giver({ do: 'give', how: give, path: named(path, 'giver') });
    await taker({ do: 'take', how: take, path: named(to, 'taker') });
  }
}

/** Files of hooks in `/tmp` are not part of a base. */
function clearTemporary(root: Root): void {
  const folder = root.follow('tmp');
  for (const { name } of root.list(folder)) root.removeAll(joined(folder, name));
  root.release();
}

function hookFailed({ phase, text, action }: Hook, output: readonly string[], cause: unknown): MkbaseError {
  const lines = text.split('\n');
  const isAbsent = action.kind === 'program' && (cause as NodeJS.ErrnoException).code === 'ENOENT';
  const reason = isAbsent ? 'there is no such program' : reasonOf(cause);
  return new MkbaseError('script/hook-failed', `the ${phase} hook ${quoted(lines[0]!)} failed: ${reason}`, {
    hint:
      cause instanceof MkbaseError && cause.hint !== undefined
        ? cause.hint
        : 'from' in action
          ? "paths of the base begin at its root, the host's in the current directory"
          : 'it ran as root of the namespaces, with the root directory as `$1` and without a network',
    details: [...(lines.length > 1 ? lines.map((line) => `| ${line}`) : []), ...output],
    cause,
  });
}
