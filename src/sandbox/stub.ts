/** A program of the rootfs that something else stands for while the sandbox lasts. */
export interface Stub {
  /** Absolute; behind links the program itself is covered. Where there is none, there is no stub. */
  readonly path: string;
  /** Commands for sh(1) to run in its place; `$real` is the program. */
  readonly commands: string;
}

/** A program that does nothing but succeed. */
export const SUCCEED = '#!/bin/sh\nexit 0\n';

/** For a program that must do nothing but succeed. */
export function silent(path: string): Stub {
  return { path, commands: 'exit 0' };
}

/** The script that stands for a program, which can be run as `real`. */
export function stubScript({ commands }: Stub, real: string): string {
  return `#!/bin/sh\nreal='${real.replaceAll("'", `'\\''`)}'\n${commands}\n`;
}
