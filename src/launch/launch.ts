import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { ENTRIES, type EntryName } from '../entries.ts';
import { optimizeLate } from '../optimize-late.ts';
import { readCodeCache } from './code-cache.ts';

/**
 * Runs what begins at the entry: its bundle, with the code that V8 need not compile, or its modules where there is
 * no such code for this Node. A bundle is one function expression with the parameters of a CommonJS module.
 */
export function launch(name: EntryName): void {
  // A thread has the flags of its process.
  if (name !== 'unpacker') optimizeLate();
  // From dist/src/launch, where this module was compiled.
  const filename = fileURLToPath(new URL(`../../bundles/${name}.js`, import.meta.url));
  const source = readFileSync(filename, 'latin1');
  const cachedData = readCodeCache(filename, source);
  if (cachedData === null) {
    void import(new URL(`../${ENTRIES[name]}`, import.meta.url).href);
    return;
  }
  const script = new Script(source, { filename, cachedData });
  script.runInThisContext()({}, createRequire(filename), {}, filename);
}
