/** The indexes that a plan was made from, as apt keeps them in `/var/lib/apt/lists`. */
import { createHash } from 'node:crypto';
import { MkbaseError } from '../../../errors.ts';
import { openCleartext } from '../../../formats/cleartext.ts';
import type { LockedIndex } from '../../../lock/lock.ts';
import type { ListFile, Lists, Plan, PlanIo } from '../../family.ts';
import { indexPaths, readIndex } from '../archive/index-files.ts';
import { parseRelease } from '../archive/release.ts';

const RELEASE_LIMIT = 16 * 2 ** 20;

/** See {@link Family.readLists}. */
export async function readLists(
  { lock, urlsOf }: Plan,
  { http, store }: PlanIo,
  uriOf: (index: LockedIndex) => string,
): Promise<Lists | null> {
  const files: ListFile[] = [];
  const stanzas: string[] = [];
  for (const index of lock.indexes) {
    const { suite, pocket } = index;
    const what = `dists/${suite}/`;
    const name = (path: string) =>
      `${uriOf(index).replace(/^\w+:\/*/, '')}/${what}${path}`.replaceAll('/', '_');
    const read = async (path: string) => {
      const urls = urlsOf(what + path, pocket);
      return (await http.fetch(urls, { what: what + path, limit: RELEASE_LIMIT })).body;
    };
    const inRelease = await read('InRelease').catch(orAbsent);
    const opened = inRelease === null ? null : openCleartext(inRelease, `${what}InRelease`);
    const text = opened?.text ?? (await read('Release'));
    const signatures = opened?.signatures ?? (await read('Release.gpg').catch(orAbsent));
    if (createHash('sha256').update(text).digest('hex') !== index.digest) return null;
    if (inRelease !== null) files.push({ name: name('InRelease'), content: inRelease });
    files.push({ name: name('Release'), content: text });
    if (signatures !== null) files.push({ name: name('Release.gpg'), content: signatures });
    const release = parseRelease(text.toString('latin1'), `${what}Release`);
    const mirrors = urlsOf('', pocket).map((url) => url.replace(/\/$/, ''));
    const where = { suite, arch: lock.arch, components: lock.components, mirrors, store };
    for (const path of indexPaths(release, where)) {
      const packages = (await readIndex(release, path, where)).text;
      files.push({ name: name(path), content: packages });
      stanzas.push(...packages.toString('latin1').split(/\n\n+/));
    }
  }
  return { files, stanzas };
}

function orAbsent(error: unknown): null {
  if (error instanceof MkbaseError && error.code === 'network/not-found') return null;
  throw error;
}
