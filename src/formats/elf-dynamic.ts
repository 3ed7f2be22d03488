/** The dynamic section of an ELF file, elf(5), which the dynamic linker reads. */
import { badElf, type Header, MAX_TEXT, PT_DYNAMIC, PT_LOAD, type Segment } from './elf-header.ts';
import { readVersionDefinitions, readVersionNeeds, type VersionNeed } from './elf-versions.ts';

export interface Dynamic {
  readonly soname: string | null;
  readonly needed: readonly string[];
  readonly rpath: readonly string[];
  readonly runpath: readonly string[];
  readonly flags1: number;
  readonly isDebuggable: boolean;
  readonly versionNeeds: readonly VersionNeed[];
  readonly versions: readonly string[];
  readonly namesSymbol: (name: string) => boolean;
}

const DT = {
  needed: 1,
  strings: 5,
  stringsSize: 10,
  soname: 14,
  rpath: 15,
  debug: 21,
  runpath: 29,
  flags1: 0x6ffffffb,
  definitions: 0x6ffffffc,
  definitionCount: 0x6ffffffd,
  needs: 0x6ffffffe,
  needCount: 0x6fffffff,
};
/** The most of any program of Debian are some hundred. */
const MAX_NEEDED = 4096;

export function readDynamic(bytes: Buffer, header: Header, segments: readonly Segment[]): Dynamic {
  const { first, needed } = dynamicEntries(header, segments);
  const entry = (tag: number) => first.get(tag);
  const strings = stringTable(bytes, segments, entry(DT.strings), entry(DT.stringsSize));
  const text = (at: number): string => {
    // Names may overlap: each is looked for no further than it may reach.
    const name = strings.subarray(at, at + MAX_TEXT + 1);
    const end = name.indexOf(0);
    if (end < 0) throw badElf('a name in it has no end');
    return name.toString('latin1', 0, end);
  };
  const textOf = (tag: number): string | null => {
    const at = entry(tag);
    return at === undefined ? null : text(at);
  };
  const table = (tag: number, countTag: number) => {
    const [address, count] = [entry(tag), entry(countTag)];
    if (address === undefined || count === undefined) return { at: 0, count: 0 };
    return { at: placeOf(address, segments), count };
  };
  return {
    soname: textOf(DT.soname),
    needed: needed.map(text),
    rpath: directories(textOf(DT.rpath)),
    runpath: directories(textOf(DT.runpath)),
    flags1: entry(DT.flags1) ?? 0,
    isDebuggable: entry(DT.debug) !== undefined,
    versionNeeds: readVersionNeeds(header, table(DT.needs, DT.needCount), text),
    versions: readVersionDefinitions(header, table(DT.definitions, DT.definitionCount), text),
    namesSymbol: (name) => strings.includes(`\0${name}\0`, 0, 'latin1'),
  };
}

interface DynamicEntries {
  /** The first value of each tag that is looked at. */
  readonly first: ReadonlyMap<number, number>;
  /** All values of DT_NEEDED. */
  readonly needed: readonly number[];
}

const TAGS: ReadonlySet<number> = new Set(Object.values(DT));

/** Up to the first null entry. */
function dynamicEntries({ bits, number }: Header, segments: readonly Segment[]): DynamicEntries {
  const segment = segments.find(({ type }) => type === PT_DYNAMIC);
  const first = new Map<number, number>();
  const needed: number[] = [];
  const width = bits === 64 ? 8 : 4;
  for (let at = 0; segment !== undefined && at + 2 * width <= segment.size; at += 2 * width) {
    const tag = number(segment.offset + at, width);
    if (tag === 0) break;
    if (!TAGS.has(tag)) continue;
    const value = number(segment.offset + at + width, width);
    if (!first.has(tag)) first.set(tag, value);
    if (tag === DT.needed && needed.push(value) > MAX_NEEDED)
      throw badElf('it needs absurdly many libraries');
  }
  return { first, needed };
}

/** The strings lie at an address, which a loaded segment brings from the file. */
function stringTable(
  bytes: Buffer,
  segments: readonly Segment[],
  address: number | undefined,
  size: number | undefined,
): Buffer {
  if (address === undefined || size === undefined) return Buffer.alloc(0);
  const start = placeOf(address, segments);
  return bytes.subarray(start, start + size);
}

/** Where in the file the bytes of an address are. */
function placeOf(address: number, segments: readonly Segment[]): number {
  const segment = segments.find(
    (one) => one.type === PT_LOAD && address >= one.address && address < one.address + one.size,
  );
  if (segment === undefined) throw badElf('a table of it is in no part that is loaded');
  return segment.offset + address - segment.address;
}

function directories(text: string | null): readonly string[] {
  return text === null ? [] : text.split(':').filter((directory) => directory !== '');
}
