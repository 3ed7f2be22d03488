/** Writes dist/build-id, the digest of the program that was compiled: what it makes and keeps is known by it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('..', import.meta.url));
const hash = createHash('sha256').update(readFileSync(join(dist, '../package-lock.json')));
const files = readdirSync(join(dist, 'src'), { recursive: true, encoding: 'utf8' });
for (const file of files.filter((name) => name.endsWith('.js')).sort()) {
  hash.update(`${file}\n`).update(readFileSync(join(dist, 'src', file)));
}
writeFileSync(join(dist, 'build-id'), hash.digest('hex'));
