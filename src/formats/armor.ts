const DASHES = '-----';

/**
 * The bytes of each block of ASCII armor with this label (`PGP SIGNATURE`), RFC 9580 section 6, in the order
 * of the text; text between blocks is skipped. The checksum of older OpenPGP versions is ignored: it guards
 * against accidents only. Null where a block has no end or is not base64. It takes one pass over any
 * text.
 */
export function dearmor(text: string, label: string): Buffer[] | null {
  const begin = `${DASHES}BEGIN ${label}${DASHES}`;
  const end = `${DASHES}END ${label}${DASHES}`;
  const blocks: Buffer[] = [];
  let from = text.indexOf(begin);
  while (from >= 0) {
    const to = text.indexOf(end, from);
    if (to < 0) return null;
    const block = readBlock(text.slice(from + begin.length, to));
    if (block === null) return null;
    blocks.push(block);
    from = text.indexOf(begin, to);
  }
  return blocks;
}

/** Headers such as `Version:`, an empty line, the base64, and `=` with a checksum. */
function readBlock(text: string): Buffer | null {
  const lines = text.split('\n').map((line) => line.trim());
  const empty = lines.indexOf('', 1);
  if (empty < 0) return null;
  const body = lines.slice(empty + 1).filter((line) => line !== '' && !line.startsWith('='));
  const base64 = body.join('');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return null;
  return Buffer.from(base64, 'base64');
}
