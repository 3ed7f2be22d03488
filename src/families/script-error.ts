import { MkbaseError, quoted, restated } from '../errors.ts';

interface FailedScript {
  /** The package's name. */
  readonly name: string;
  /** `postinst`, `post-install` */
  readonly script: string;
  /** `exit status 1` */
  readonly result: string;
  readonly output: readonly string[];
  readonly cause?: unknown;
}

/** A package's script that failed, with the end of what it said. */
export function scriptFailed({ name, script, result, output, cause }: FailedScript): MkbaseError {
  return new MkbaseError(`script/${script}-failed`, `the ${script} of \`${name}\` failed: ${result}`, {
    hint: "see the script's last lines above",
    details: lastLines(output),
    cause,
  });
}

/** So much of what was said as an error shows. */
export function lastLines(output: readonly string[]): readonly string[] {
  return output.slice(-20);
}

/** The error with the package's name, where the package's script was too slow. */
export function ofPackage(error: unknown, name: string): unknown {
  if (!(error instanceof MkbaseError) || error.code !== 'script/timeout' || name === '') return error;
  return restated(error, { message: `the scripts of ${quoted(name)} are too slow: ${error.message}` });
}
