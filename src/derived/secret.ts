/** The secret that this user's derived entries are sealed with. It is never in the cache that they are in. */
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../errors.ts';

export interface SecretOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's folder for what is kept and belongs to this machine. */
  readonly stateDir: string;
  readonly cacheDir: string;
}

/** The file in the folder of the state. */
const FILE = 'cache-key';

/** Characters that a secret has at least: 128 bits, as hex. */
const LEAST = 32;

/** A random file of hex has 64; what is longer than this is no secret by mistake. */
const MOST = 4096;

/**
 * `MKBASE_CACHE_KEY`, else the file that `MKBASE_CACHE_KEY_FILE` names, else the user's own file, which is made
 * at first use. Hex of 32 bytes.
 *
 * @throws Error that says why there is none, in the words of a sentence after `because`
 */
export async function findSecret({ env, stateDir, cacheDir }: SecretOptions): Promise<string> {
  const { MKBASE_CACHE_KEY: given = '', MKBASE_CACHE_KEY_FILE: named = '' } = env;
  if (given !== '') return derive(given, '`MKBASE_CACHE_KEY`');
  if (named !== '') return derive(await readSecret(named), `\`${named}\``);
  return derive(await ownSecret(stateDir, cacheDir), `\`${join(stateDir, FILE)}\``);
}

function derive(text: string, name: string): string {
  const secret = text.trim();
  if (secret.length < LEAST) throw new Error(`${name} has fewer than ${LEAST} characters`);
  return createHash('sha256').update('mkbase cache key\n').update(secret).digest('hex');
}

async function ownSecret(stateDir: string, cacheDir: string): Promise<string> {
  const file = join(stateDir, FILE);
  try {
    return await readOwn(stateDir, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  await refuseWithin(stateDir, cacheDir);
  const made = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(made, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600, flush: true });
    // If two runs make one, both take the first.
    await link(made, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(made, { force: true });
  }
  return readOwn(stateDir, file);
}

/** Refuses a secret in the cache: whoever can write there could read it, or replace it. */
async function refuseWithin(stateDir: string, cacheDir: string): Promise<void> {
  const cache = await realpath(cacheDir).catch(() => cacheDir);
  if (`${await realpath(stateDir)}/`.startsWith(`${cache}/`))
    throw new Error(`\`${stateDir}\` is in the cache`);
}

/** Reads the secret, unless others can read or replace it. */
async function readOwn(folder: string, file: string): Promise<string> {
  const user = process.geteuid?.();
  const around = await lstat(folder);
  if (around.uid !== user || (around.mode & 0o022) !== 0)
    throw new Error(`others can write to \`${folder}\``);
  const opened = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await opened.stat();
    if (!found.isFile() || found.uid !== user || (found.mode & 0o077) !== 0 || found.size > MOST)
      throw new Error(`\`${file}\` is not a file of this user that nobody else can read`);
    return await opened.readFile('latin1');
  } finally {
    await opened.close();
  }
}

async function readSecret(file: string): Promise<string> {
  try {
    return (await readFile(file, 'latin1')).slice(0, MOST);
  } catch (error) {
    throw new Error(`\`${file}\` cannot be read: ${reasonOf(error)}`);
  }
}
