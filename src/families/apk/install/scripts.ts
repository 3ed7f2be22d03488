/** Runs the scripts of packages in the sandbox, as `apk_ipkg_run_script` of apk-tools 2.14 does. */
import { MkbaseError, reasonOf } from '../../../errors.ts';
import { keepLastLines } from '../../../sandbox/last-lines.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { ofPackage, scriptFailed } from '../../script-error.ts';
import type { Scripted, ScriptType } from './scripts-archive.ts';

export interface ScriptRunner {
  /** Runs the package's script of that type, if it has one; whether it has. */
  run(scripted: Scripted, type: ScriptType, args: readonly string[]): Promise<boolean>;
}

export interface ScriptSurroundings {
  readonly sandbox: Sandbox;
  /** The present, in seconds since 1970. */
  readonly epoch: number;
  readonly log: (line: string) => void;
}

/** Where apk puts a script to run it; relative, as scripts see it in `$0`. */
export const SCRIPT_FOLDER = 'lib/apk/exec';

export function createScriptRunner({ sandbox, epoch, log }: ScriptSurroundings): ScriptRunner {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SOURCE_DATE_EPOCH: String(epoch) };
  return { run };

  async function run(
    { record, control }: Scripted,
    type: ScriptType,
    args: readonly string[],
  ): Promise<boolean> {
    const body = control.get(`.${type}`)?.body;
    if (body === undefined) return false;
    const { name, version, arch } = record.info;
    const path = `${SCRIPT_FOLDER}/${name}-${version}.${type}`;
    const output = keepLastLines();
    log(`Executing ${name}-${version}.${type}`);
    await sandbox.write(`/${path}`, body, 0o755);
    const command = { argv: [path, ...args], env };
    const line = (text: string) => {
      output.add(text);
      log(text);
    };
    const status = await sandbox.run(command, { line }).catch(async (cause) => {
      if (cause instanceof MkbaseError) throw ofPackage(cause, name);
      throw cannotStart(cause, { name, type, arch, hasInterpreter: await hasInterpreter(body) });
    });
    await sandbox.remove(`/${path}`);
    if (status !== 0) {
      throw scriptFailed({ name, script: type, result: `exit status ${status}`, output: output.lines });
    }
    return true;
  }

  async function hasInterpreter(script: Uint8Array): Promise<boolean> {
    const [, program] = /^#!\s*(\/\S+)/.exec(Buffer.from(script.subarray(0, 256)).toString('latin1')) ?? [];
    return program !== undefined && (await sandbox.read(program)) !== null;
  }
}

interface Started {
  readonly name: string;
  readonly type: ScriptType;
  readonly arch: string;
  /** Whether what its first line names is there. */
  readonly hasInterpreter: boolean;
}

function cannotStart(cause: unknown, { name, type, arch, hasInterpreter }: Started): MkbaseError {
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  // Node has no name for ENOEXEC. Where there is no `/bin/sh` to try in its place, execvp(3) says so instead.
  if (/ENOEXEC|system error -8$/.test(reasonOf(cause)) || (isMissing && hasInterpreter)) {
    return new MkbaseError('host/foreign-architecture', `this host cannot run programs of \`${arch}\``, {
      hint: 'install `qemu-user-static` with its binfmt entries, or leave the scripts out with `--scripts=skip`',
      cause,
    });
  }
  if (!isMissing) return scriptFailed({ name, script: type, result: reasonOf(cause), output: [], cause });
  return new MkbaseError(
    'script/no-interpreter',
    `the ${type} of \`${name}\` needs a program that is not there`,
    {
      hint: 'include a shell, `--include=busybox-binsh`, or leave the scripts out with `--scripts=skip`',
      cause,
    },
  );
}
