import { createHash } from 'node:crypto';
import { MkbaseError } from '../../../errors.ts';
import type { Http } from '../../../fetch/http.ts';
import type { Store } from '../../../fetch/store.ts';
import { openCleartext, signedBytes } from '../../../formats/cleartext.ts';
import { fingerprintOf, type Keyring, verifySignatures } from '../../../formats/openpgp.ts';
import { urlOf } from '../../mirror-address.ts';
import { type ReachedMirror, tryMirrors } from '../../try-mirrors.ts';
import { hasArchitecture, noArchitecture } from './index-files.ts';
import { suiteFolder } from './mirrors.ts';
import { releaseFor } from './missing-release.ts';
import { parseRelease, type Release } from './release.ts';
import { checkRelease, checkRollback } from './release-checks.ts';
import { type Repository, releaseName } from './repository.ts';

/** Debian's largest is 0.2 MB; Ubuntu's with all architectures 0.3 MB. */
const RELEASE_LIMIT = 16 * 2 ** 20;

export interface ReleaseIo {
  readonly http: Http;
  readonly store: Store;
  readonly offline: boolean;
}

export interface ReleaseOptions {
  /** The clock that keys and dates are judged by. */
  readonly now: Date;
  /** Seconds; null takes any age. */
  readonly maxAge: number | null;
}

/** A Release that passed every check that is on. */
export interface TrustedRelease extends ReachedMirror {
  readonly release: Release;
  /** sha256 of the signed text, hex. */
  readonly digest: string;
  /** Upper-case fingerprint; null where signatures are not checked. */
  readonly signedBy: string | null;
}

/** A Release and its signatures. */
interface ReleaseText {
  readonly text: Buffer;
  /** Whether they stand in one file with it, an InRelease. */
  readonly isCleartext: boolean;
  /** Null where it has none. */
  readonly signatures: Buffer | null;
}

/** The Release of a repository from the first mirror whose one is good. */
export async function findRelease(
  repository: Repository,
  io: ReleaseIo,
  options: ReleaseOptions,
): Promise<TrustedRelease> {
  const { mirrors } = repository.mirrorList;
  const key = memoryKey(repository);
  // It is awaited where a text is there to be remembered.
  key.catch(() => {});
  if (io.offline) {
    const text = offlineText(await recall(io.store, await key), repository);
    return { ...(await trusted(text, repository, options)), mirrors, passedOver: [] };
  }
  const look = async (mirror: string): Promise<Found> => {
    const text = await readText(mirror, repository, io.http);
    const found = await trusted(text, repository, options);
    // Archives of what has ended keep another last text than mirrors, and it may be older.
    const isLast = repository.lastReleases.includes(found.digest);
    if (!isLast && !repository.checksOff.includes('rollback')) {
      const seen = await recall(io.store, await key);
      checkRollback(found.release, seen?.date ?? null, releaseName(repository));
    }
    return { ...found, text };
  };
  const { text, ...found } = await tryForArchitecture(repository, look);
  await remember(io.store, await key, found.release.date, text);
  return found;
}

type Found = Omit<TrustedRelease, keyof ReachedMirror> & { readonly text: ReleaseText };

/**
 * The Release of the first mirror that has the architecture. Where none has it, that of the first mirror: a
 * repository beside the suite may do without.
 */
async function tryForArchitecture(
  repository: Repository,
  look: (mirror: string) => Promise<Found>,
): Promise<Found & ReachedMirror> {
  const { mirrors } = repository.mirrorList;
  let without: (Found & ReachedMirror) | undefined;
  const lookForArchitecture = async (mirror: string): Promise<Found> => {
    const found = await look(mirror);
    if (hasArchitecture(found.release, repository)) return found;
    without ??= {
      ...found,
      mirrors: [mirror, ...mirrors.filter((other) => other !== mirror)],
      passedOver: [],
    };
    throw noArchitecture(found.release, repository);
  };
  try {
    return await tryMirrors(mirrors, lookForArchitecture, {
      subject: repository.suite,
      missing: (cause) => missingSuite(repository, cause),
    });
  } catch (error) {
    const isForged = error instanceof MkbaseError && error.code === 'signature/bad';
    if (without === undefined || isForged) throw error;
    return without;
  }
}

async function trusted(
  text: ReleaseText,
  repository: Repository,
  { now, maxAge }: ReleaseOptions,
): Promise<Pick<TrustedRelease, 'release' | 'digest' | 'signedBy'>> {
  const { keyring, checksOff, lastReleases, moment } = repository;
  const what = releaseName(repository);
  const read = () => parseRelease(text.text.toString('latin1'), what);
  const digest = createHash('sha256').update(text.text).digest('hex');
  // A text that the recipe vouches for is judged by its own time: nothing newer can come.
  const asOf = lastReleases.includes(digest) ? read().date : now;
  const signedBy = checksOff.includes('signature') ? null : await signerOf(text, what, await keyring, asOf);
  const release = read();
  const then = moment === null ? { now, asOf } : { now: moment, asOf: moment };
  checkRelease(release, what, { names: repository, ...then, maxAge, checksOff });
  return { release, digest, signedBy };
}

async function signerOf(text: ReleaseText, what: string, keyring: Keyring, asOf: Date): Promise<string> {
  const signatures = text.signatures ?? Buffer.alloc(0);
  const signed = text.isCleartext ? signedBytes(text) : text.text;
  return verifySignatures({ text: signed, signatures, what }, keyring, asOf);
}

/** InRelease, or else Release with its detached signature. */
async function readText(mirror: string, repository: Repository, http: Http): Promise<ReleaseText> {
  const folder = suiteFolder(repository.suite);
  const read = async (name: string): Promise<Buffer> => {
    const what = `${folder}${name}`;
    return (await http.fetch([urlOf(mirror, what)], { what, limit: RELEASE_LIMIT })).body;
  };
  const inRelease = await orAbsent(read('InRelease'));
  if (inRelease !== null) {
    const cleartext = openCleartext(inRelease, releaseName(repository));
    if (cleartext !== null) return { ...cleartext, isCleartext: true };
    // With no check of signatures a plain Release may stand there; else it is a login page, or another's answer.
    if (!repository.checksOff.includes('signature')) throw unsigned(releaseName(repository));
    return { text: inRelease, isCleartext: false, signatures: null };
  }
  const text = await read('Release').catch(async (error: unknown) => {
    const needless = repository.userUri !== null && repository.checksOff.includes('signature');
    const made = needless && isAbsent(error) ? await releaseFor(mirror, repository, http) : null;
    if (made === null) throw error;
    return made;
  });
  return { text, isCleartext: false, signatures: await orAbsent(read('Release.gpg')) };
}

async function orAbsent(body: Promise<Buffer>): Promise<Buffer | null> {
  return body.catch((error: unknown) => {
    if (isAbsent(error)) return null;
    throw error;
  });
}

function isAbsent(error: unknown): boolean {
  return error instanceof MkbaseError && error.code === 'network/not-found';
}

/**
 * Each set of keys has its own memory of a suite, so that a test archive of the same name, or one
 * whose signature was not checked, does not affect the real one.
 */
async function memoryKey({ memory, keyring, checksOff }: Repository): Promise<string> {
  const keys = (await keyring).map(fingerprintOf).sort().join();
  const trust = checksOff.includes('signature')
    ? 'unsigned'
    : createHash('sha256').update(keys).digest('hex');
  return `release/${memory}/${trust}`;
}

interface Remembered extends ReleaseText {
  readonly date: Date;
}

/** The newest Release that was found good, kept as JSON with the texts in base64. */
async function remember(store: Store, key: string, date: Date, text: ReleaseText): Promise<void> {
  const value = {
    date: date.toISOString(),
    text: text.text.toString('base64'),
    // The end of an InRelease's last line is not signed.
    signed: text.text.length - (text.isCleartext ? 1 : 0),
    signatures: text.signatures?.toString('base64') ?? null,
  };
  await store.write(key, Buffer.from(JSON.stringify(value)), { fsync: true });
}

async function recall(store: Store, key: string): Promise<Remembered | null> {
  const bytes = await store.read(key);
  if (bytes === null) return null;
  try {
    const { date, text, signed, signatures } = JSON.parse(bytes.toString());
    const whole = Buffer.from(text, 'base64');
    return {
      date: new Date(date),
      text: whole,
      isCleartext: signed < whole.length,
      signatures: signatures === null ? null : Buffer.from(signatures, 'base64'),
    };
  } catch {
    // Not ours, or spoilt: it is only memory.
    return null;
  }
}

function offlineText(remembered: Remembered | null, { suite }: Repository): ReleaseText {
  if (remembered !== null) return remembered;
  throw new MkbaseError('network/offline', `the cache holds no Release of \`${suite}\``, {
    hint: 'run once without --offline, with the same suite, pockets and keys',
  });
}

function unsigned(what: string): MkbaseError {
  return new MkbaseError('signature/missing', `${what} carries no signature`, {
    hint: 'the mirror, or a proxy or a login page before it, sent something else: try another one with `--mirror URL`',
  });
}

function missingSuite({ name, suite, mirrorList, userUri }: Repository, cause: MkbaseError): MkbaseError {
  const { mirrors, chosen } = mirrorList;
  const hint =
    userUri !== null
      ? 'check the address and the suite of the source; the path of a flat repository ends in a slash'
      : name !== 'release'
        ? `leave the pocket out by naming the others with \`--pockets\`, as in \`--pockets release\``
        : chosen.length > 0
          ? 'check the address of the mirror: it must have a folder `dists` with this suite'
          : 'name a mirror that has it: `--mirror URL`';
  const who = mirrors.length === 1 ? 'the mirror has no' : 'no mirror has';
  return new MkbaseError('network/missing-pocket', `${who} \`${suite}\``, {
    hint,
    details: [cause.message],
    cause,
  });
}
