/** ELF files made of headers alone: enough for who reads and does not run them. */

export interface ElfParts {
  readonly bits?: 32 | 64;
  readonly littleEndian?: boolean;
  readonly machine?: number;
  readonly flags?: number;
  readonly osAbi?: number;
  /** `e_type`: 2 an executable, 3 a shared object or position-independent. */
  readonly type?: number;
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  readonly soname?: string;
  readonly rpath?: string;
  readonly runpath?: string;
  readonly symbols?: readonly string[];
  /** `DT_FLAGS_1`. */
  readonly flags1?: number;
  /** `DT_DEBUG`, which only programs have. */
  readonly debug?: boolean;
  /** Versions of symbols by library, and those that it has itself. */
  readonly versionNeeds?: Readonly<Record<string, readonly string[]>>;
  readonly versions?: readonly string[];
  /** Whether there is a dynamic section; without it, where anything above needs one. */
  readonly dynamic?: boolean;
  /** After all else: what a program mentions. */
  readonly text?: string;
}

export const PIE = 0x0800_0000;

export function buildElf(parts: ElfParts = {}): Buffer {
  const { bits = 64, littleEndian = true, machine = 62, flags = 0, osAbi = 0, type = 2 } = parts;
  const wide = bits === 64;
  const number = (value: number, size: number): Buffer => {
    const bytes = Buffer.alloc(size);
    bytes.writeUInt32LE(value >>> 0, 0);
    const sized = size < 4 ? bytes.subarray(0, size) : bytes;
    return littleEndian ? sized : Buffer.from(sized).reverse();
  };
  const half = (value: number) => number(value, 4).subarray(...(littleEndian ? [0, 2] : [2, 4]));
  const word = (value: number) => number(value, 4);
  const address = (value: number) => number(value, wide ? 8 : 4);

  const strings = [
    ...new Set(
      [parts.needed, parts.soname, parts.rpath, parts.runpath, parts.symbols, parts.versions]
        .concat(Object.entries(parts.versionNeeds ?? {}).flat())
        .flat()
        .filter((text) => text !== undefined),
    ),
  ];
  const table = Buffer.from(`\0${strings.map((text) => `${text}\0`).join('')}`, 'latin1');
  const at = (text: string) => table.indexOf(`\0${text}\0`, 0, 'latin1') + 1;
  const interpreter =
    parts.interpreter === undefined ? null : Buffer.from(`${parts.interpreter}\0`, 'latin1');
  const hasDynamic = parts.dynamic ?? (strings.length > 0 || interpreter !== null || type === 3);

  const [headerSize, segmentSize] = wide ? [64, 56] : [52, 32];
  const count = 1 + Number(interpreter !== null) + Number(hasDynamic);
  const tableAt = headerSize + count * segmentSize;
  const interpreterAt = tableAt + table.length;
  const needs = Object.entries(parts.versionNeeds ?? {});
  const needTable = Buffer.concat(
    needs.flatMap(([file, versions], index) => [
      ...[half(1), half(versions.length), word(at(file)), word(16)],
      word(index === needs.length - 1 ? 0 : 16 + 16 * versions.length),
      ...versions.flatMap((version, one) => [
        ...[word(0), half(0), half(2), word(at(version)), word(one === versions.length - 1 ? 0 : 16)],
      ]),
    ]),
  );
  const definitions = parts.versions ?? [];
  const definitionTable = Buffer.concat(
    definitions.flatMap((version, index) => [
      ...[half(1), half(0), half(index + 1), half(1), word(0), word(20)],
      ...[word(index === definitions.length - 1 ? 0 : 28), word(at(version)), word(0)],
    ]),
  );
  const needsAt = interpreterAt + (interpreter?.length ?? 0);
  const definitionsAt = needsAt + needTable.length;
  const dynamicAt = definitionsAt + definitionTable.length;
  const entries: [number, number][] = [
    ...(parts.needed ?? []).map((text): [number, number] => [1, at(text)]),
    [5, tableAt],
    [10, table.length],
    ...(parts.soname === undefined ? [] : [[14, at(parts.soname)] as [number, number]]),
    ...(parts.rpath === undefined ? [] : [[15, at(parts.rpath)] as [number, number]]),
    ...(parts.debug === true ? [[21, 0] as [number, number]] : []),
    ...(parts.runpath === undefined ? [] : [[29, at(parts.runpath)] as [number, number]]),
    ...(needs.length === 0
      ? []
      : ([
          [0x6fff_fffe, needsAt],
          [0x6fff_ffff, needs.length],
        ] as [number, number][])),
    ...(definitions.length === 0
      ? []
      : ([
          [0x6fff_fffc, definitionsAt],
          [0x6fff_fffd, definitions.length],
        ] as [number, number][])),
    ...(parts.flags1 === undefined ? [] : [[0x6fff_fffb, parts.flags1] as [number, number]]),
    [0, 0],
  ];
  const dynamic = hasDynamic
    ? Buffer.concat(entries.flatMap(([tag, value]) => [address(tag), address(value)]))
    : Buffer.alloc(0);
  const text = Buffer.from(parts.text ?? '', 'latin1');
  const size = dynamicAt + dynamic.length + text.length;

  const segment = (kind: number, offset: number, length: number) =>
    wide
      ? [word(kind), word(4), ...[offset, offset, offset, length, length, 1].map(address)]
      : [word(kind), ...[offset, offset, offset, length, length, 4, 1].map(word)];
  const header = [
    Buffer.from([
      0x7f,
      0x45,
      0x4c,
      0x46,
      wide ? 2 : 1,
      littleEndian ? 1 : 2,
      1,
      osAbi,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
    ]),
    ...[half(type), half(machine), word(1), address(0), address(headerSize), address(0)],
    ...[word(flags), half(headerSize), half(segmentSize), half(count), half(0), half(0), half(0)],
    ...segment(1, 0, size),
    ...(interpreter === null ? [] : segment(3, interpreterAt, interpreter.length)),
    ...(hasDynamic ? segment(2, dynamicAt, dynamic.length) : []),
  ];
  return Buffer.concat([
    ...header,
    table,
    interpreter ?? Buffer.alloc(0),
    needTable,
    definitionTable,
    dynamic,
    text,
  ]);
}
