import { spawn } from 'node:child_process';
import { MkbaseError, reasonOf } from '../errors.ts';
import { printableText } from './text.ts';

export interface HelperOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** The server to ask about: a host, or Docker Hub's `https://index.docker.io/v1/`. */
  readonly server: string;
}

/** An account, by the names of that protocol. */
export interface HelperAnswer {
  /** `<token>` where the secret is an identity token. */
  readonly Username: string;
  readonly Secret: string;
}

const LONGEST_ANSWER = 65_536;
/** Milliseconds: a helper may ask the user to unlock something. */
const PATIENCE = 60_000;

/**
 * The answer of `docker-credential-NAME get`, by github.com/docker/docker-credential-helpers: the server on
 * standard input, a JSON object or a complaint on standard output. Null where the helper knows no account. Its
 * output is shown only where it fails: by that protocol it is then a complaint.
 */
export async function askHelper(name: string, options: HelperOptions): Promise<HelperAnswer | null> {
  const program = `docker-credential-${name}`;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    throw failed(printableText(program), 'it is not the name of a program');
  }
  const { status, text } = await output(program, options);
  if (status !== 0) {
    if (/credentials not found/i.test(text)) return null;
    throw failed(program, complaintOf(text) ?? `status ${status}`);
  }
  const answer = parsed(text);
  if (answer === null) throw failed(program, 'its answer is not the JSON object of a credential helper');
  return answer.Username === '' && answer.Secret === '' ? null : answer;
}

/** A complaint is a line for people; nothing else is shown, which may be a secret. */
function complaintOf(text: string): string | null {
  const line = text.trim();
  return line === '' || /[\n{}]/.test(line) ? null : printableText(line);
}

function parsed(text: string): HelperAnswer | null {
  try {
    const answer = JSON.parse(text) as Partial<HelperAnswer> | null;
    const isAnswer = typeof answer?.Username === 'string' && typeof answer.Secret === 'string';
    return isAnswer ? (answer as HelperAnswer) : null;
  } catch {
    return null;
  }
}

function output(
  program: string,
  { env, signal, server }: HelperOptions,
): Promise<{ readonly status: number | null; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.length <= LONGEST_ANSWER) return;
      // Closed, so that whatever the helper has started ends with it.
      child.stdout.destroy();
      child.kill();
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(new MkbaseError('interrupted/signal', 'interrupted'));
      else if (error.code === 'ENOENT') reject(failed(program, 'there is no such program in PATH', error));
      else if (error.name === 'AbortError')
        reject(failed(program, `no answer in ${PATIENCE / 1000} s`, error));
      else reject(failed(program, reasonOf(error), error));
    });
    child.once('close', (status) => resolve({ status, text }));
    // A helper that does not read has its own reason, which its exit status shows.
    child.stdin.on('error', () => {});
    child.stdin.end(server);
  });
}

function failed(program: string, reason: string, cause?: unknown): MkbaseError {
  return new MkbaseError(
    'registry/credential-helper',
    `cannot get credentials from \`${program}\`: ${reason}`,
    {
      hint: 'repair or install the helper, or take it out of `credsStore` and `credHelpers` in the file of accounts',
      cause,
    },
  );
}
