/**
 * Has V8 compile the bundles and writes its code beside them (`src/launch/code-cache.ts`), with those functions
 * that jobs use: it runs some with `record-code.ts` loaded. `npm run build` does it.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { CACHED } from '../src/entries.ts';
import { codeCacheFile, sealedCode } from '../src/launch/code-cache.ts';
import { optimizeLate } from '../src/optimize-late.ts';
import { runJobs } from './usual-jobs.ts';

const BUNDLES = new URL('../bundles/', import.meta.url);

// The code is for a process with the same flags.
optimizeLate();
for (const name of CACHED) {
  const filename = fileURLToPath(new URL(`${name}.js`, BUNDLES));
  const source = await readFile(filename, 'latin1');
  const code = new Script(source, { filename }).createCachedData();
  await writeFile(codeCacheFile(filename), sealedCode(source, code));
}
await runJobs(fileURLToPath(new URL('mkbase.cjs', BUNDLES)), {
  NODE_OPTIONS: `--import=${new URL('record-code.js', import.meta.url)}`,
});
// A thread that is ended while it writes leaves it behind.
for (const name of await readdir(BUNDLES)) if (name.endsWith('.part')) await rm(new URL(name, BUNDLES));
