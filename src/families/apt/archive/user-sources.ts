import { MkbaseError } from '../../../errors.ts';
import { withoutEnd } from '../../../formats/line-end.ts';
import type { Keyring } from '../../../formats/openpgp.ts';
import type { GivenSource } from '../../../job.ts';
import type { Check } from '../../../lock/lock.ts';
import { withoutCredentials } from '../../mirror-address.ts';
import type { Repository } from './repository.ts';
import { keysOf, readSignedBy } from './signed-by.ts';
import { isNo, isYes, readSourceList, type SourceEntry, type SourceStyle, styleOf } from './source-list.ts';

/** A source as the user gave it, read. */
export interface SourceList {
  /** Base name of its file; null where it has none. */
  readonly file: string | null;
  readonly style: SourceStyle;
  readonly text: string;
  /** Where relative names in it begin. */
  readonly folder: string;
  readonly entries: readonly SourceEntry[];
}

export interface OwnSettings {
  /** The suite of a source that is given as an address only. */
  readonly suite: string;
  readonly components: readonly string[];
  readonly arch: string;
  /** Keys for sources without `Signed-By`. */
  readonly keyring: Promise<Keyring>;
  readonly checksOff: readonly Check[];
  /** Names that are given away. */
  readonly taken: readonly string[];
}

/** @throws MkbaseError `usage/bad-source` */
export function readLists(
  given: readonly GivenSource[],
  { suite, components }: Pick<OwnSettings, 'suite' | 'components'>,
): SourceList[] {
  return given.map((source) => {
    const { text, file, folder } =
      source.kind === 'list'
        ? source
        : { text: `deb ${source.url} ${suite} ${components.join(' ')}\n`, file: null, folder: '/' };
    const style = styleOf(text, file);
    const what = file === null ? 'the given source' : `\`${file}\``;
    if (style === null) {
      throw new MkbaseError('usage/bad-source', `cannot read ${what}: it has neither lines nor stanzas`, {
        hint: 'give it in one of the forms of sources.list(5)',
      });
    }
    return { file, style, text, folder, entries: readSourceList(text, style, what) };
  });
}

/**
 * The repositories of the user's own sources, one per URI and suite. Each is named by its
 * suite, with a number where that name is taken.
 *
 * @throws MkbaseError `usage/trusted-source`
 */
export function userRepositories(lists: readonly SourceList[], settings: OwnSettings): Repository[] {
  const names = new Set(settings.taken);
  return lists.flatMap(({ entries, folder }) =>
    entries
      .filter((entry) => isOfArch(entry, settings.arch))
      .map((entry) => {
        const name = nameFor(entry.suite, names);
        names.add(name);
        return userRepository(entry, { ...settings, name, folder });
      }),
  );
}

function userRepository(
  { uri, suite, components, options }: SourceEntry,
  {
    name,
    folder,
    arch,
    keyring,
    checksOff,
  }: OwnSettings & { readonly name: string; readonly folder: string },
): Repository {
  const withArch = (text: string) => text.replaceAll('$(ARCH)', arch);
  const address = withoutEnd(withArch(uri), '/');
  const userUri = withoutCredentials(address);
  const signedBy = options.get('signed-by');
  const keys = signedBy === undefined ? keyring : keysOf(readSignedBy(signedBy, folder), keyring);
  // It is awaited where a signature is checked; without that, nobody else would hear of its failure.
  keys.catch(() => {});
  return {
    name,
    suite: withArch(suite),
    alsoNamed: [],
    components,
    arch,
    mirrorList: { mirrors: [address], chosen: [address], official: userUri },
    keyring: keys,
    checksOff: [...checksOff, ...turnedOff(options, userUri, checksOff)],
    lastReleases: [],
    snapshots: null,
    moment: null,
    memory: `own/${userUri}/${withArch(suite)}`,
    isSeparate: false,
    userUri,
  };
}

/** A source's own checks, sources.list(5). */
function turnedOff(options: SourceEntry['options'], uri: string, checksOff: readonly Check[]): Check[] {
  const off: Check[] = [];
  const trusts = ['trusted', 'allow-insecure'].find((option) => isYes(options.get(option)));
  if (trusts !== undefined) {
    if (!checksOff.includes('trusted')) throw refusedTrust(trusts, uri);
    off.push('signature');
  }
  if (isNo(options.get('check-date'))) off.push('date', 'valid-until');
  if (isNo(options.get('check-valid-until'))) off.push('valid-until');
  // Not apt's own: it only warns, and passes over options that it does not know.
  if (isNo(options.get('check-suite'))) off.push('suite');
  return [...new Set(off)].filter((check) => !checksOff.includes(check));
}

function refusedTrust(option: string, uri: string): MkbaseError {
  return new MkbaseError('usage/trusted-source', `the source \`${uri}\` wants \`${option}=yes\``, {
    hint: 'name its keys with `Signed-By`, or take it without a signature with `--allow-trusted`',
  });
}

function isOfArch({ options }: SourceEntry, arch: string): boolean {
  const arches = options.get('architectures')?.split(/[\s,]+/);
  return arches === undefined || arches.includes(arch);
}

function nameFor(suite: string, taken: ReadonlySet<string>): string {
  const plain =
    withoutEnd(suite.replace(/[^A-Za-z0-9._+-]+/g, '-').replace(/^[^A-Za-z0-9]+/, ''), '-') || 'flat';
  for (let number = 2, name = plain; ; number++) {
    if (!taken.has(name)) return name;
    name = `${plain}-${number}`;
  }
}
