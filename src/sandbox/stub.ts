/** A script that replaces a program of the rootfs while the sandbox lasts. */
export interface Stub {
  /** Absolute; behind links the program itself is covered. A missing program gets no stub. */
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

/** The script that replaces a program, which it can run as `real`. */
export function stubScript({ commands }: Stub, real: string): string {
  return `#!/bin/sh\nreal='${real.replaceAll("'", `'\\''`)}'\n${commands}\n`;
}
