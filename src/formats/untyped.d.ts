// Packages that ship no types: the parts of them that are used here.

declare module 'seek-bzip' {
  interface ByteSource {
    readByte(): number;
    read(into: Buffer, offset: number, length: number): number;
  }
  interface ByteSink {
    writeByte(byte: number): void;
  }
  const bunzip: { decode(input: ByteSource, output: ByteSink): void };
  export default bunzip;
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
