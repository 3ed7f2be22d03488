/** One wave of packages into the rootfs: every entry placed in the Tree, then written by the workers. */
import { quoted } from '../../../errors.ts';
import type { Excluded, Exclusion } from '../../../rootfs/exclusions.ts';
import type { Entry, Place } from '../../../rootfs/tree.ts';
import type { Unpacker } from '../../../rootfs/unpack.ts';
import type { TextFile } from '../../../rootfs/unpack-protocol.ts';
import type { InstallTools } from '../../family.ts';
import { type FetchedPackage, openAhead } from '../../fetched-package.ts';
import { withPackageName } from '../../package-error.ts';
import type { BroughtAccounts } from './brought-accounts.ts';
import { conffileHashes, markObsolete } from './conffile-states.ts';
import { DPKG_DIR, infoFiles, listText, type Opened, textFile, triggerFiles } from './dpkg-database.ts';
import { type PlacedPackage, type PlacementRules, placePackage } from './placement.ts';
import { unpackedStanza } from './status-stanza.ts';
import { activations } from './triggers.ts';

/** A package whose file is there and whose control files were read. */
export interface OpenedPackage extends Opened, FetchedPackage {
  /** When it was built, seconds since 1970. */
  readonly built: number;
}

/** The state of the rootfs, as far as placing more packages needs it. */
export interface Rootfs {
  tree: Map<string, Place>;
  /** All that was placed, as it was planned: scripts may have changed it since. */
  readonly planned: Map<string, Entry>;
  readonly owners: Map<string, PlacedPackage>;
  readonly placed: PlacedPackage[];
  /** Paths of the files that no package brings: they have the time of the epoch. */
  readonly texts: Set<string>;
  readonly excluded: Excluded[];
  /** Notices about packages. */
  readonly notices: string[];
}

export interface WaveRules extends Omit<PlacementRules, 'exclusion'> {
  /** Where the packages themselves bring the names of owners: those that are placed later know them. */
  readonly accounts?: BroughtAccounts;
}

export interface WaveTools {
  readonly unpacker: Unpacker;
  readonly exclusion: Exclusion;
  /** Seconds since 1970 for the files that no package brings; not needed before all others are written. */
  readonly epoch: Promise<number>;
  /** The current content of a file of dpkg's database: empty at first. */
  readonly before: (path: string) => Promise<string>;
  readonly onStaged: (name: string) => void;
  readonly onExcluded: (excluded: readonly Excluded[]) => void;
}

export function openRootfs(): Rootfs {
  return {
    tree: new Map(),
    planned: new Map(),
    owners: new Map(),
    placed: [],
    texts: new Set(),
    excluded: [],
    notices: [],
  };
}

/** For the first wave: nothing is in dpkg's database yet. */
export function waveTools(
  { unpacker, exclusion, onStaged, onExcluded }: InstallTools,
  epoch: Promise<number>,
): WaveTools {
  return { unpacker, exclusion, epoch, before: async () => '', onStaged, onExcluded };
}

/**
 * Places and writes packages, given in the order of installation, and enters them into dpkg's database
 * as unpacked. `texts` are written with them. Gives the paths of device nodes that were refused.
 */
export async function unpackWave(
  rootfs: Rootfs,
  packages: readonly OpenedPackage[],
  rules: WaveRules,
  texts: (epoch: number) => readonly TextFile[],
  { unpacker, exclusion, before, onStaged, onExcluded, ...tools }: WaveTools,
): Promise<readonly string[]> {
  const writes: Promise<void>[] = [];
  const others: string[] = [];
  const removed: string[] = [];
  const replace: string[] = [];
  const mine: { readonly fetched: OpenedPackage; readonly placed: PlacedPackage }[] = [];

  for await (const { fetched, contents } of openEach(packages)) {
    const { control } = fetched;
    const placement = await withPackageName(control, () =>
      placePackage(rootfs, control, contents.heads, { ...rules, exclusion }),
    );
    onExcluded(placement.excluded);
    rootfs.excluded.push(...placement.excluded);
    others.push(...placement.others);
    removed.push(...placement.removed);
    replace.push(...placement.files.filter(({ over }) => over).map(({ path }) => path));
    mine.push({ fetched: { ...fetched, files: contents.control }, placed: placement.placed });
    rootfs.placed.push(placement.placed);
    const refusal = contents.refusedElsewhere ?? homelessness(placement.homeless);
    if (refusal !== undefined) rootfs.notices.push(`dpkg would refuse ${quoted(control.name)}: ${refusal}`);
    const written = contents.write(placement.files).then(() => onStaged(control.name));
    written.catch(() => {}); // Reported by the wait for all of them.
    writes.push(written);
    await rules.accounts?.wrote(placement.files, written);
  }
  await Promise.all(writes);
  const epoch = await tools.epoch;
  const written = [...texts(epoch), ...(await databaseFiles(rootfs, mine, { before, epoch }))];
  for (const { path } of written) rootfs.texts.add(path);
  return unpacker.edit({
    remove: removed,
    replace,
    entries: others.map((path) => [path, rootfs.planned.get(path)!]),
    files: written,
  });
}

function homelessness(path: string | undefined): string | undefined {
  return path === undefined ? undefined : `no package has the directory of ${quoted(`/${path}`)}`;
}

/** Opens packages in order, some ahead of the one that is taken. */
async function* openEach(packages: readonly OpenedPackage[]) {
  for (const [index, fetched] of packages.entries()) {
    openAhead(packages.slice(index));
    yield { fetched, contents: await fetched.open() };
  }
}

interface DatabaseOptions {
  readonly before: (path: string) => Promise<string>;
  readonly epoch: number;
}

/** `status`, `info/*` and `triggers/*` once this wave is unpacked. */
async function databaseFiles(
  rootfs: Rootfs,
  wave: readonly { readonly fetched: OpenedPackage; readonly placed: PlacedPackage }[],
  { before, epoch }: DatabaseOptions,
): Promise<readonly TextFile[]> {
  const files: TextFile[] = [];
  const add = (name: string, text: string) => files.push(textFile(`${DPKG_DIR}/${name}`, text, epoch));

  // A package all of whose files were replaced has gone, dpkg(1) --unpack.
  const gone = (placed: PlacedPackage) => placed.replaced > 0 && placed.files === placed.replaced;
  const kept = wave.filter(({ placed }) => !gone(placed));
  const lost = new Map(
    rootfs.placed
      .filter((placed) => placed.lost.size > 0)
      .map((placed) => [placed.control.name, placed.lost]),
  );
  const status = await before('status');
  // A package that takes over a conffile starts from the existing one, dpkg(1): it was not changed by hand.
  const hashes = lost.size === 0 ? undefined : conffileHashes(status);
  const isContested = (path: string) => [...lost.values()].some((paths) => paths.has(path));
  const stateOf = (path: string) => (isContested(path) && hashes?.get(path)) || 'newconffile';
  const stanzas = kept.map(({ fetched }) => unpackedStanza(fetched.control, stateOf));
  const text = [status, ...stanzas.map((stanza) => `${stanza}\n`)].join('');
  add('status', markObsolete(text, lost));

  for (const { fetched, placed } of kept) files.push(...infoFiles(fetched, placed, epoch));
  for (const placed of rootfs.placed) {
    const { infoName } = placed.control;
    if (placed.changed && !gone(placed)) add(`info/${infoName}.list`, listText(placed.paths));
    placed.changed = false;
  }
  const names = [...new Set(kept.flatMap(({ fetched }) => fetched.interests.map(triggerFileName)))];
  const texts = new Map<string, string>();
  for (const name of [...names, 'File', 'Unincorp']) texts.set(name, await before(`triggers/${name}`));
  const watched = texts.get('File') ?? '';
  const paths = function* () {
    for (const { placed } of kept) yield* placed.paths;
  };
  // Only packages that were in place before can be set off: those of this wave are yet to be configured.
  add('triggers/Unincorp', (texts.get('Unincorp') ?? '') + activations(watched, paths()));
  files.push(
    ...triggerFiles(
      kept.map(({ fetched }) => fetched),
      (name) => texts.get(name) ?? '',
      epoch,
    ),
  );
  return files;
}

function triggerFileName({ trigger }: { readonly trigger: string }): string {
  return trigger.startsWith('/') ? 'File' : trigger;
}
