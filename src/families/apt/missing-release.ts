import { createHash } from 'node:crypto';
import { MkbaseError } from '../../errors.ts';
import type { Http } from '../../fetch/http.ts';
import { urlOf } from '../mirror-address.ts';
import { suiteFolder } from './mirrors.ts';

/** The forms of an index, as dpkg-scanpackages(1) is told to write them. */
const FORMS = ['Packages.gz', 'Packages.xz', 'Packages'];

const LIMIT = 2 ** 28;

/**
 * A text in place of the Release that a flat repository does not have, as apt takes it with
 * `trusted=yes`: it vouches for the index as the mirror gives it now. Null where there is no index either.
 */
export async function releaseFor(mirror: string, suite: string, http: Http): Promise<Buffer | null> {
  if (!suite.endsWith('/')) return null;
  for (const form of FORMS) {
    const what = `${suiteFolder(suite)}${form}`;
    try {
      const { body } = await http.fetch([urlOf(mirror, what)], { what, limit: LIMIT });
      const digest = createHash('sha256').update(body).digest('hex');
      return Buffer.from(`Date: ${NEVER}\nSHA256:\n ${digest} ${body.length} ${form}\n`);
    } catch (error) {
      if (!(error instanceof MkbaseError) || error.code !== 'network/not-found') throw error;
    }
  }
  return null;
}

/** Nothing says when it was made; a text of now would be another one each time. */
const NEVER = 'Thu, 01 Jan 1970 00:00:00 UTC';
