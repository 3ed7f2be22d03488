import { MkbaseError } from '../../errors.ts';
import { parseDeb822, wordsOf } from '../../formats/deb822.ts';

export interface IndexFile {
  readonly size: number;
  /** The strongest digest that the Release lists; lower-case hex. */
  readonly digest: { readonly algorithm: 'sha256' | 'sha512'; readonly hex: string };
}

/** What a Release file says, <https://wiki.debian.org/DebianRepository/Format>, "Release" files. */
export interface Release {
  readonly suite: string | undefined;
  readonly codename: string | undefined;
  /** `13.8` at a point release; undefined where the archive gives none. */
  readonly version: string | undefined;
  readonly date: Date;
  /** Null where the archive promises nothing, as most stable suites do. */
  readonly validUntil: Date | null;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  /** Whether indexes are also kept under their digest, which no update of the mirror replaces. */
  readonly byHash: boolean;
  /** apt_preferences(5), "APT's Default Priority Assignments". */
  readonly pin: 1 | 100 | 500;
  /** Whether packages of architecture `all` are listed in `binary-all` and nowhere else. */
  readonly separateArchitectureAll: boolean;
  /** By path below the Release's own folder. */
  readonly files: ReadonlyMap<string, IndexFile>;
}

/** `what` names the file in messages. Only what is checked or used is read, and that strictly. */
export function parseRelease(text: string, what: string): Release {
  const [fields, more] = parseDeb822(text);
  if (fields === undefined || more !== undefined) throw malformed(what, 'it is not one paragraph');
  const date = fields.get('date');
  if (date === undefined) throw malformed(what, 'it has no `Date`');
  const validUntil = fields.get('valid-until');
  const architectures = wordsOf(fields.get('architectures'));
  const isYes = (field: string): boolean => fields.get(field)?.toLowerCase() === 'yes';
  const listsAll = architectures.includes('all');
  const noSupport = wordsOf(fields.get('no-support-for-architecture-all'));
  return {
    suite: fields.get('suite'),
    codename: fields.get('codename'),
    version: fields.get('version'),
    date: parseDate(date, what),
    validUntil: validUntil === undefined ? null : parseDate(validUntil, what),
    architectures,
    components: wordsOf(fields.get('components')),
    byHash: isYes('acquire-by-hash'),
    pin: !isYes('notautomatic') ? 500 : isYes('butautomaticupgrades') ? 100 : 1,
    separateArchitectureAll: listsAll && !noSupport.includes('Packages'),
    files: new Map([
      ...listedFiles(fields.get('sha256'), 'sha256', what),
      // Later entries of the same path win: the strongest digest.
      ...listedFiles(fields.get('sha512'), 'sha512', what),
    ]),
  };
}

function* listedFiles(
  value: string | undefined,
  algorithm: 'sha256' | 'sha512',
  what: string,
): Generator<[string, IndexFile]> {
  const digits = algorithm === 'sha256' ? 64 : 128;
  for (const line of value?.split('\n') ?? []) {
    const [hex, size, path, extra] = wordsOf(line);
    if (hex === undefined) continue;
    const fits = hex.length === digits && /^[0-9a-f]+$/i.test(hex) && /^\d{1,15}$/.test(size ?? '');
    if (!fits || path === undefined || extra !== undefined) {
      throw malformed(what, `its list of ${algorithm.toUpperCase()} has a line of another form`);
    }
    yield [path, { size: Number(size), digest: { algorithm, hex: hex.toLowerCase() } }];
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
// `Sat, 11 Jul 2026 10:16:37 UTC`; Ubuntu pads a one-digit hour with a space.
const DATE = /^\w{3},\s+(\d{1,2})\s+(\w{3})\s+(\d{4})\s+(\d{1,2}):(\d{2}):(\d{2})\s+(?:UTC|GMT|Z|[+-]0000)$/;

/** A date as archives write it; other zones than UTC are refused, as apt refuses them. */
function parseDate(text: string, what: string): Date {
  const [, day, month, year, hour, minute, second] = DATE.exec(text) ?? [];
  const time = Date.UTC(
    Number(year),
    MONTHS.indexOf(month ?? ''),
    ...[day, hour, minute, second].map(Number),
  );
  if (Number.isNaN(time) || !MONTHS.includes(month ?? '')) {
    throw malformed(what, `\`${text}\` is not a date in UTC`);
  }
  return new Date(time);
}

function malformed(what: string, reason: string): MkbaseError {
  return new MkbaseError('signature/malformed', `cannot read ${what}: ${reason}`, {
    hint: 'the mirror may be broken: try another one with `--mirror URL`',
  });
}
