import { MkbaseError } from '../errors.ts';
import { withoutEnd } from './line-end.ts';

const BEGIN = '-----BEGIN PGP SIGNED MESSAGE-----';
const SIGNATURE = '-----BEGIN PGP SIGNATURE-----';
const END = '-----END PGP SIGNATURE-----';

/** The content of a cleartext-signed file whose signatures are good. */
export interface Cleartext {
  /** The text that the signatures cover, with `\n` after each line: the bytes of a Release beside it. */
  readonly text: Buffer;
  /** The armored block. */
  readonly signatures: Buffer;
}

/**
 * Takes a cleartext-signed file apart, RFC 9580 section 7, and gives nothing but what the signature
 * covers: dash escapes taken off, white space at the ends of lines gone, as it is not signed. Text
 * before or after the block, which other readers skip, is refused: nobody signed it. Null where the
 * file does not begin like one.
 */
export function openCleartext(bytes: Buffer, what: string): Cleartext | null {
  // One character per byte: the encoding of the text does not matter here.
  const lines = bytes
    .toString('latin1')
    .split('\n')
    .map((line) => withoutEnd(line, ' \t\r'));
  if (lines[0] !== BEGIN) return null;
  const blank = lines.indexOf('', 1);
  const signature = lines.indexOf(SIGNATURE, 1);
  const end = lines.indexOf(END, 1);
  if (blank < 0 || signature < blank || end < signature) throw malformed(what, 'it is cut off');
  if (lines.slice(1, blank).some((line) => !line.startsWith('Hash: '))) {
    throw malformed(what, 'its head holds more than `Hash:`');
  }
  if (lines.slice(end + 1).some((line) => line !== '')) {
    throw malformed(what, 'text follows the signed block');
  }
  const unescaped = lines.slice(blank + 1, signature).map((line) => {
    if (line.startsWith('- ')) return line.slice(2);
    if (line.startsWith('-')) throw malformed(what, 'a line begins with an unescaped dash');
    return line;
  });
  const text = Buffer.from(`${unescaped.join('\n')}\n`, 'latin1');
  return {
    text,
    signatures: Buffer.from(`${lines.slice(signature, end + 1).join('\n')}\n`, 'latin1'),
  };
}

/**
 * The bytes that the signatures of a cleartext are made over, of either class: its lines with `\r\n` between
 * them, and without the end of the last one.
 */
export function signedBytes({ text }: Pick<Cleartext, 'text'>): Buffer {
  return Buffer.from(text.toString('latin1', 0, text.length - 1).replaceAll('\n', '\r\n'), 'latin1');
}

function malformed(what: string, reason: string): MkbaseError {
  return new MkbaseError('signature/malformed', `cannot read ${what} as a signed text: ${reason}`, {
    hint: 'the mirror may be broken: try another one with `--mirror URL`',
  });
}
