/** Buckets of apk's table of names. */
const BUCKETS = 20_000;

/**
 * Names in the order in which apk 2.14 walks its table of them: by bucket, and in a bucket the one that it
 * read last, by `rank`, first. Which of several packages that were triggered together is installed first
 * depends on it.
 */
export function inApkOrder(names: Iterable<string>, rank: (name: string) => number): string[] {
  return [...names]
    .map((name) => ({ name, bucket: murmur3(name) % BUCKETS, rank: rank(name) }))
    .sort((a, b) => a.bucket - b.bucket || b.rank - a.rank)
    .map(({ name }) => name);
}

const SEED = 5381;

/** MurmurHash3 (x86, 32 bits) of a binary string. */
function murmur3(text: string): number {
  let hash = SEED;
  const whole = text.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    hash ^= scramble(bytesAt(text, i, 4));
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  if (whole < text.length) hash ^= scramble(bytesAt(text, whole, text.length - whole));
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** As a number, least significant byte first. */
function bytesAt(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = (value << 8) | text.charCodeAt(at + i);
  return value;
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
