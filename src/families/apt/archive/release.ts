import { MkbaseError, quoted } from '../../../errors.ts';
import { parseDeb822, wordsOf } from '../../../formats/deb822.ts';

export interface IndexFile {
  readonly size: number;
  /** The strongest digest that the Release lists; lower-case hex. */
  readonly digest: { readonly algorithm: 'sha256' | 'sha512'; readonly hex: string };
}

/** A Release file, <https://wiki.debian.org/DebianRepository/Format>, "Release" files. */
export interface Release {
  readonly suite: string | undefined;
  readonly codename: string | undefined;
  /** The archive's maker: `Debian`. */
  readonly origin: string | undefined;
  /** `13.8` at a point release; undefined where the archive gives none. */
  readonly version: string | undefined;
  /** 1970 where it says none. */
  readonly date: Date;
  /** Why its date is none: apt only warns. */
  readonly dateFault: string | null;
  /** Null where the archive promises nothing, as most stable suites do. */
  readonly validUntil: Date | null;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  /** Whether indexes are also kept under their digest, which no update of the mirror replaces. */
  readonly byHash: boolean;
  /** apt_preferences(5), "APT's Default Priority Assignments". */
  readonly pin: 1 | 100 | 500;
  /**
   * Where packages of architecture `all` are listed: only in `binary-all`; in every other index, whatever
   * `binary-all` lists too; or unknown, where the head does not say.
   */
  readonly architectureAll: 'separate' | 'everywhere' | 'untold';
  /** By path below the Release's own folder. */
  readonly files: ReadonlyMap<string, IndexFile>;
}

/** `what` names the file in messages. Only what is checked or used is read, and that strictly. */
export function parseRelease(text: string, what: string): Release {
  const [fields, more] = parseDeb822(text);
  if (fields === undefined || more !== undefined) throw malformed(what, 'it is not one paragraph');
  const written = fields.get('date');
  const date = readDate(written ?? '');
  const validUntil = fields.get('valid-until');
  const architectures = wordsOf(fields.get('architectures'));
  const isYes = (field: string): boolean => fields.get(field)?.toLowerCase() === 'yes';
  const noSupport = wordsOf(fields.get('no-support-for-architecture-all'));
  const listsAll = architectures.includes('all') ? 'separate' : 'untold';
  return {
    suite: fields.get('suite'),
    codename: fields.get('codename'),
    origin: fields.get('origin'),
    version: fields.get('version'),
    date: date ?? new Date(0),
    dateFault: date !== null ? null : written === undefined ? 'it has no `Date`' : noDate(written),
    validUntil: validUntil === undefined ? null : parseDate(validUntil, what),
    architectures,
    components: wordsOf(fields.get('components')),
    byHash: isYes('acquire-by-hash'),
    pin: !isYes('notautomatic') ? 500 : isYes('butautomaticupgrades') ? 100 : 1,
    architectureAll: noSupport.includes('Packages') ? 'everywhere' : listsAll,
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
const TIME = '(?<hour>\\d{1,2}):(?<minute>\\d{2}):(?<second>\\d{2})';
const ZONE = '(?:UTC|GMT|Z|[+-]0000)';

/** The forms that HTTP knows, RFC 9110 section 5.6.7, and apt reads; Ubuntu pads a one-digit hour with a space. */
const FORMS = [
  // `Sat, 11 Jul 2026 10:16:37 UTC`
  `^\\w{3},\\s+(?<day>\\d{1,2})\\s+(?<month>\\w{3})\\s+(?<year>\\d{4})\\s+${TIME}\\s+${ZONE}$`,
  // RFC 850: `Saturday, 11-Jul-26 10:16:37 GMT`
  `^\\w{6,9},\\s+(?<day>\\d{1,2})-(?<month>\\w{3})-(?<year>\\d{2})\\s+${TIME}\\s+${ZONE}$`,
  // asctime(3), as the Open Build Service wrote: `Sat Jul 11 10:16:37 2026`
  `^\\w{3}\\s+(?<month>\\w{3})\\s+(?<day>\\d{1,2})\\s+${TIME}\\s+(?<year>\\d{4})$`,
].map((form) => new RegExp(form));

/** A date as archives write it, null for any other text: zones beside UTC are none to apt either. */
function readDate(text: string): Date | null {
  const found = FORMS.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) return null;
  const { day, month = '', year = '', hour, minute, second } = found;
  const [days, hours, minutes, seconds] = [day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  // Two digits are of this century: no archive is older.
  const whole = Number(year) + (year.length === 2 ? 2000 : 0);
  return MONTHS.includes(month)
    ? new Date(Date.UTC(whole, MONTHS.indexOf(month), days, hours, minutes, seconds))
    : null;
}

function parseDate(text: string, what: string): Date {
  const date = readDate(text);
  if (date === null) throw malformed(what, noDate(text));
  return date;
}

function noDate(text: string): string {
  return `${quoted(text)} is not a date in UTC`;
}

function malformed(what: string, reason: string): MkbaseError {
  return new MkbaseError('signature/malformed', `cannot read ${what}: ${reason}`, {
    hint: 'the mirror may be broken: try another one with `--mirror URL`',
  });
}
