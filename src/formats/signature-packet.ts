/** Signature packets as they lie in bytes, RFC 9580 sections 4.2 and 5.2.3. */

const SIGNATURE = 2;
/** Marker, trust and padding, which readers pass over. */
const PASSED_OVER = [10, 12, 21];

/**
 * The signature packets of `bytes`, each with its header, at most one past `most`. Null where another packet
 * is among them, or the bytes end too soon.
 */
export function splitSignatures(bytes: Buffer, most: number): Buffer[] | null {
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length && packets.length <= most; ) {
    const head = readHead(bytes, at);
    if (head === null || head.end > bytes.length) return null;
    if (head.tag === SIGNATURE) packets.push(bytes.subarray(at, head.end));
    else if (!PASSED_OVER.includes(head.tag)) return null;
    at = head.end;
  }
  return packets;
}

/** A packet's tag and end; null where its length is cut off or given in parts, which only data packets may have. */
function readHead(bytes: Buffer, at: number): { readonly tag: number; readonly end: number } | null {
  const first = bytes[at]!;
  if ((first & 0x80) === 0) return null;
  if ((first & 0x40) === 0) {
    const width = [1, 2, 4][first & 3];
    if (width === undefined || at + 1 + width > bytes.length) return null;
    return { tag: (first >> 2) & 15, end: at + 1 + width + bytes.readUIntBE(at + 1, width) };
  }
  const length = readLength(bytes, at + 1);
  return length === null ? null : { tag: first & 63, end: length.start + length.size };
}

/** A length of one, two or five bytes, and where what it counts begins. */
function readLength(bytes: Buffer, at: number): { readonly start: number; readonly size: number } | null {
  const first = bytes[at];
  if (first === undefined) return null;
  if (first < 192) return { start: at + 1, size: first };
  if (first < 224) {
    const second = bytes[at + 1];
    return second === undefined ? null : { start: at + 2, size: ((first - 192) << 8) + second + 192 };
  }
  if (first < 255 || at + 5 > bytes.length) return null;
  return { start: at + 5, size: bytes.readUInt32BE(at + 1) };
}

/**
 * The types of the subpackets whose sense a reader must know, of those that are signed. `hashed`: the fields
 * of a signature of version 4 or 6 to the end of its hashed subpackets.
 */
export function criticalTypes(hashed: Uint8Array): number[] {
  const bytes = Buffer.from(hashed);
  const types: number[] = [];
  for (let at = bytes[0] === 6 ? 8 : 6; at < bytes.length; ) {
    const length = readSubpacketLength(bytes, at);
    if (length === null || length.size === 0) break;
    const type = bytes[length.start];
    if (type !== undefined && (type & 0x80) !== 0) types.push(type & 0x7f);
    at = length.start + length.size;
  }
  return types;
}

/** Those of subpackets have no parts: two bytes hold up to 16,319. */
function readSubpacketLength(bytes: Buffer, at: number) {
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first === undefined || first < 192 || first === 255) return readLength(bytes, at);
  return second === undefined ? null : { start: at + 2, size: ((first - 192) << 8) + second + 192 };
}
