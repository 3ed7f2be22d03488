/**
 * Packages, each decoded once: beside what was fetched is kept what was unpacked of it, where that is read much
 * faster than it is decoded.
 */
import {
  type Derived,
  type DerivedPlace,
  derivedKey,
  type OnNotice,
  openDerived,
} from '../derived/derived.ts';
import { MkbaseError } from '../errors.ts';
import { createHasher, parseDigest } from '../formats/digest.ts';
import { readWhole } from '../whole-file.ts';
import type { PackageFile, PackageReader } from './package-file.ts';

export interface Preparation {
  useIn(place: DerivedPlace | null): void;
  /** A package by its file, or what is kept of it. @throws MkbaseError `package/wrong-hash`, and what its reader throws */
  read(file: string, digest: string): Promise<PackageFile>;
  /** Until all is kept that is being kept. */
  rest(): Promise<void>;
}

/** Bytes that are worth keeping of one package: a larger one would drive out a hundred others. */
const MOST = 512 * 2 ** 20;

export function createPreparation(reader: PackageReader, notice: OnNotice): Preparation {
  let derived: Derived = openDerived(null, notice);
  /** Ends when what was opened last is kept: until then it is in memory. */
  let turn: Promise<void> = Promise.resolve();

  return {
    useIn(place) {
      derived = openDerived(place, notice);
    },
    async read(file, digest) {
      const key = derivedKey({ unpacked: digest });
      let keep = async () => {};
      const opened = turn.then(async () => {
        const unpacked = await derived.read('prepared', key);
        if (unpacked !== undefined) return reader.readPackage(unpacked);
        return decode(file, digest, (pieces) => {
          if (pieces.reduce((sum, { length }) => sum + length, 0) > MOST) return;
          keep = () => derived.keep('prepared', key, asStream(pieces));
        });
      });
      turn = opened.then(
        () => keep(),
        () => {},
      );
      return opened;
    },
    rest: () => turn,
  };

  async function decode(file: string, digest: string, plain: (pieces: readonly Buffer[]) => void) {
    const bytes = await readWhole(file);
    check(bytes, digest);
    return reader.readPackage(bytes, plain);
  }
}

/** Only verified bytes are parsed, whatever happened to the cache in between. */
function check(bytes: Buffer, digest: string): void {
  const { algorithm, hex } = parseDigest(digest);
  const hasher = createHasher(algorithm);
  hasher.update(bytes);
  if (hasher.digest() === hex) return;
  throw new MkbaseError('package/wrong-hash', 'the file is not the one that was verified', {
    hint: 'something changed it in the cache; build again',
  });
}

async function* asStream(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}
