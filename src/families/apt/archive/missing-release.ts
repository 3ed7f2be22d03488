import { createHash } from 'node:crypto';
import { MkbaseError } from '../../../errors.ts';
import type { Http } from '../../../fetch/http.ts';
import { urlOf } from '../../mirror-address.ts';
import { FORMS } from './index-files.ts';
import { suiteFolder } from './mirrors.ts';
import type { Repository } from './repository.ts';

const LIMIT = 2 ** 28;

/**
 * A text in place of the Release that a repository does not have, as apt takes it with `trusted=yes`: it
 * vouches for the indexes as the mirror gives them now. Null where one of them is missing too; apt asks for
 * those of architecture `all` and can do without.
 */
export async function releaseFor(
  mirror: string,
  { suite, components, arch }: Repository,
  http: Http,
): Promise<Buffer | null> {
  const entries = (paths: readonly string[]) =>
    Promise.all(paths.map((path) => entryOf(path, mirror, suite, http)));
  const indexesOf = (name: string) => components.map((component) => `${component}/binary-${name}/Packages`);
  const isFlat = suite.endsWith('/');
  const own = await entries(isFlat ? ['Packages'] : indexesOf(arch));
  if (own.includes(null)) return null;
  const all = isFlat ? [] : await entries(indexesOf('all'));
  const head = isFlat ? '' : `Architectures: ${arch} all\n`;
  return Buffer.from(`Date: ${NEVER}\n${head}SHA256:\n${[...own, ...all].join('')}`);
}

/** A line for the index in the first form that exists, null where none does. */
async function entryOf(path: string, mirror: string, suite: string, http: Http): Promise<string | null> {
  for (const [form] of FORMS) {
    const what = `${suiteFolder(suite)}${path}${form}`;
    try {
      const { body } = await http.fetch([urlOf(mirror, what)], { what, limit: LIMIT });
      return ` ${createHash('sha256').update(body).digest('hex')} ${body.length} ${path}${form}\n`;
    } catch (error) {
      if (!(error instanceof MkbaseError) || error.code !== 'network/not-found') throw error;
    }
  }
  return null;
}

/** Nothing says when it was made; a text of now would be another one each time. */
const NEVER = 'Thu, 01 Jan 1970 00:00:00 UTC';
