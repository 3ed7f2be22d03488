/** Runs maintainer scripts in the sandbox: preinst as dpkg would, the rest by the target's own dpkg. */
import { MkbaseError, quoted, reasonOf } from '../../../errors.ts';
import { keepLastLines, type LastLines } from '../../../sandbox/last-lines.ts';
import type { Command } from '../../../sandbox/protocol.ts';
import type { Listener, Sandbox } from '../../../sandbox/sandbox.ts';
import { lastLines, ofPackage, scriptFailed } from '../../script-error.ts';
import type { Control } from '../package/control.ts';
import { DPKG_DIR, type Opened } from './dpkg-database.ts';

export interface Configuration {
  readonly packages: readonly string[] | 'pending';
  readonly triggers: 'process' | 'wait';
}

export interface ScriptSurroundings {
  readonly sandbox: Sandbox;
  readonly env: Readonly<Record<string, string>>;
  /** Version of the dpkg in the rootfs, which scripts may ask for. */
  readonly dpkgVersion: string;
  readonly log: (line: string) => void;
}

const CI_DIR = `/${DPKG_DIR}/tmp.ci`;

export class ScriptRunner {
  readonly #sandbox: Sandbox;
  readonly #env: Readonly<Record<string, string>>;
  readonly #dpkgVersion: string;
  readonly #log: (line: string) => void;

  constructor({ sandbox, env, dpkgVersion, log }: ScriptSurroundings) {
    this.#sandbox = sandbox;
    this.#env = env;
    this.#dpkgVersion = dpkgVersion;
    this.#log = log;
  }

  /** @throws MkbaseError `host/foreign-architecture` where this machine cannot run the rootfs' programs */
  async check(arch: string): Promise<void> {
    try {
      await this.#sandbox.run({ argv: ['true'], env: this.#env });
    } catch (cause) {
      // A base may lack `true`; its scripts will report what they miss themselves.
      if (isAbsent(cause)) return;
      // Node has no name for ENOEXEC.
      if (!/ENOEXEC|system error -8$/.test(reasonOf(cause))) throw cause;
      throw new MkbaseError('host/foreign-architecture', `this host cannot run programs of \`${arch}\``, {
        hint: 'install `qemu-user-static` with its binfmt entries, or leave the scripts out with `--scripts=skip`',
        cause,
      });
    }
  }

  async #runProgram(command: Command, listen: Listener): Promise<number> {
    return this.#sandbox.run(command, listen).catch((cause) => {
      if (!isAbsent(cause)) throw cause;
      const name = quoted(command.argv[0] ?? '');
      throw new MkbaseError('script/no-program', `${name} of the base cannot be started: it is not there`, {
        hint: 'include its package and those it depends on, or leave the scripts out with `--scripts=skip`',
        cause,
      });
    });
  }

  #keep(output: LastLines): (line: string) => void {
    return (line) => {
      output.add(line);
      this.#log(line);
    };
  }

  /** Runs the package's preinst, if it has one: `preinst install`, policy section 6.5. */
  async preinst({ control, files }: Opened): Promise<void> {
    if (!files.has('preinst')) return;
    // debconf finds the package's templates beside a preinst of this directory.
    await Promise.all(
      Array.from(files, ([name, { mode, body }]) => this.#sandbox.write(`${CI_DIR}/${name}`, body, mode)),
    );
    const output = keepLastLines();
    const argv = [`${CI_DIR}/preinst`, 'install'];
    const command = { argv, env: { ...this.#env, ...preinstEnv(control, this.#dpkgVersion) } };
    const status = await this.#sandbox.run(command, { line: this.#keep(output) }).catch((cause) => {
      if (isAbsent(cause)) throw preinstFailed(control, 'it has no interpreter', output.lines);
      throw ofPackage(cause, control.name);
    });
    await this.#sandbox.remove(CI_DIR);
    if (status !== 0) throw preinstFailed(control, `exit status ${status}`, output.lines);
  }

  /** Answers questions of debconf beforehand, in debconf-set-selections(1)'s format. */
  async preseed(selections: string): Promise<void> {
    const output = keepLastLines();
    const command = { argv: ['debconf-set-selections'], env: this.#env, input: selections };
    const status = await this.#runProgram(command, { line: this.#keep(output) });
    if (status === 0) return;
    throw new MkbaseError('script/bad-selections', 'debconf does not accept the given selections', {
      hint: 'each line is `package question type value`, debconf-set-selections(1)',
      details: lastLines(output.lines),
    });
  }

  /** Lets dpkg configure these packages, or all that are left; then, unless they wait, triggers. */
  async configure(
    { packages, triggers }: Configuration,
    onConfigured: (name: string) => void,
  ): Promise<void> {
    if (packages.length === 0) return;
    const which = packages === 'pending' ? ['--pending'] : packages;
    const waiting = triggers === 'wait' ? ['--no-triggers'] : [];
    const output = keepLastLines();
    let turn = '';
    const status = await this.#runProgram(
      { argv: ['dpkg', '--status-fd', '3', ...waiting, '--configure', ...which], env: this.#env },
      {
        line: this.#keep(output),
        status: (line) => {
          turn = /^status: (\S+?)(?::\w+)?: half-configured$/.exec(line)?.[1] ?? turn;
          const installed = /^status: (\S+?)(?::\w+)?: installed$/.exec(line)?.[1];
          if (installed !== undefined) onConfigured(installed);
        },
      },
    ).catch((cause) => {
      throw ofPackage(cause, turn);
    });
    if (status !== 0) throw configureFailed(output.lines, status);
  }
}

/** Also where what is missing is a program's interpreter. */
function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** The variables that dpkg sets for a preinst, dpkg(1) ENVIRONMENT; debconf's own variable names the package. */
function preinstEnv(control: Control, dpkgVersion: string): Record<string, string> {
  return {
    DPKG_MAINTSCRIPT_NAME: 'preinst',
    DPKG_MAINTSCRIPT_PACKAGE: control.name,
    DPKG_MAINTSCRIPT_ARCH: control.arch,
    DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT: '1',
    DPKG_RUNNING_VERSION: dpkgVersion,
    DPKG_ADMINDIR: `/${DPKG_DIR}`,
    DPKG_ROOT: '',
    DEBCONF_PACKAGE: control.name,
  };
}

function preinstFailed({ name }: Control, result: string, output: readonly string[]): MkbaseError {
  return scriptFailed({ name, script: 'preinst', result, output });
}

/** Reads dpkg's words: which package, which script, and the lines since that package's turn began. */
function configureFailed(output: readonly string[], status: number): MkbaseError {
  const at = output.findIndex((line) => line.startsWith('dpkg: error processing package '));
  const name = /package (\S+?)(?::\w+)? \(/.exec(output[at] ?? '')?.[1];
  const why = output[at + 1] ?? '';
  const phase = /(post|pre)-(installation|removal) script/.exec(why);
  if (name === undefined || phase === null) {
    const subject = name === undefined ? '' : ` of \`${name}\``;
    return new MkbaseError('script/dpkg-failed', `dpkg cannot configure the packages${subject}`, {
      hint: 'the lines above are dpkg’s own',
      details: lastLines(output),
    });
  }
  const script = `${phase[1]}${phase[2] === 'installation' ? 'inst' : 'rm'}`;
  const began = output.findLastIndex((line, n) => n < at && line.startsWith(`Setting up ${name}`));
  const result = /exit status \d+|signal.*/.exec(why)?.[0] ?? `dpkg's exit status ${status}`;
  return scriptFailed({ name, script, result, output: output.slice(began + 1, at) });
}
