// Packages that ship no types: the parts of them that are used here.

declare module 'seek-bzip' {
  interface ByteSource {
    readByte(): number;
    read(into: Buffer, offset: number, length: number): number;
  }
  interface ByteSink {
    writeByte(byte: number): void;
  }
  /** A stream; its `_` members are private and may change, so the version is pinned. */
  export default class Bunzip {
    constructor(input: ByteSource, output: ByteSink);
    /** Reads the next block; false where there is none. */
    _init_block(): boolean;
    /** Writes what was read, and checks it. */
    _read_bunzip(): void;
    readonly streamCRC: number;
    readonly reader: { read(bits: number): number };
  }
}

declare module 'lzma-native' {
  import type { Transform } from 'node:stream';

  interface CoderOptions {
    readonly memlimit?: number;
    readonly synchronous?: boolean;
    readonly bufsize?: number;
    readonly preset?: number;
    readonly check?: number;
    readonly threads?: number;
    readonly blockSize?: number;
  }
  const lzma: {
    createStream(coder: 'autoDecoder' | 'easyEncoder', options: CoderOptions): Transform;
    readonly CHECK_CRC64: number;
  };
  export default lzma;
}
