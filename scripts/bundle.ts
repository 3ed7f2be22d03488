/**
 * Bundles the compiled modules into `dist/bundles`: one program for each entry (`src/entries.ts`), the command
 * `mkbase.cjs`, and the licences of what else is in them. `npm run build` does it.
 */
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { CACHED, ENTRIES, type EntryName } from '../src/entries.ts';
import { digestOf } from '../src/launch/code-cache.ts';

// From dist/scripts, where this module runs.
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MODULES = join(ROOT, 'dist/src');
const BUNDLES = join(ROOT, 'dist/bundles');

/** They load files of their own: native code, WebAssembly. */
const EXTERNAL = ['koffi', 'lzma-native', 'xz-decompress', '@bokuweb/zstd-wasm'];

const HERE = 'const HERE=require("node:url").pathToFileURL(__filename).href;';

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  minifyWhitespace: true,
  legalComments: 'none',
  mainFields: ['module', 'main'],
  external: EXTERNAL,
  define: { BUNDLED: 'true', 'import.meta.url': 'HERE' },
  plugins: [preparedModules()],
  metafile: true,
  logLevel: 'warning',
} satisfies BuildOptions;

const names = Object.keys(ENTRIES) as EntryName[];
const large = await build({
  ...COMMON,
  entryPoints: entryPoints(CACHED),
  outdir: BUNDLES,
  sourcemap: 'external',
  sourcesContent: false,
  // To load what is outside by `require` takes less time.
  supported: { 'dynamic-import': false },
  banner: { js: `(function(exports,require,module,__filename){"use strict";${HERE}` },
  footer: { js: '})' },
});
for (const name of CACHED) await mark(join(BUNDLES, `${name}.js`));
for (const name of CACHED) {
  if (name !== 'host') await launcher(name, 'launch/child.js', { ENTRY: JSON.stringify(name) });
}
const small = await build({
  ...COMMON,
  entryPoints: entryPoints(names.filter((name) => !CACHED.includes(name))),
  outdir: BUNDLES,
  outExtension: { '.js': '.cjs' },
  banner: { js: `"use strict";${HERE}` },
});
await launcher('mkbase', 'cli/launch.js', {}, '#!/usr/bin/env node\n');
await chmod(join(BUNDLES, 'mkbase.cjs'), 0o755);
const modules = [large, small].flatMap(({ metafile }) => Object.keys(metafile.inputs));
await writeFile(join(BUNDLES, 'LICENSES.txt'), await licencesOf(modules));

function entryPoints(some: readonly EntryName[]): Record<string, string> {
  return Object.fromEntries(some.map((name) => [name, join(MODULES, ENTRIES[name])]));
}

/** The file that Node runs where a bundle has compiled code. */
async function launcher(
  name: string,
  module: string,
  define: Readonly<Record<string, string>>,
  firstLine = '',
): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: [join(MODULES, module)],
    outfile: join(BUNDLES, `${name}.cjs`),
    define: { ...COMMON.define, ...define },
    banner: { js: `${firstLine}"use strict";${HERE}` },
  });
}

/** A module finds files by where it was before it was bundled. One byte a character is read fastest. */
function preparedModules(): Plugin {
  return {
    name: 'prepared modules',
    setup({ onLoad }) {
      onLoad({ filter: /\.[cm]?js$/ }, async ({ path }) => {
        const text = (await readFile(path, 'utf8')).replace(/[^\0-\x7f]/g, escaped);
        if (!path.startsWith(MODULES)) return { contents: text };
        const place = JSON.stringify(`../src/${relative(MODULES, path)}`);
        return { contents: text.replaceAll('import.meta.url', `new URL(${place},HERE).href`) };
      });
    },
  };
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Ends it as `src/launch/code-cache.ts` says. */
async function mark(file: string): Promise<void> {
  const source = `${await readFile(file, 'latin1')}//`;
  await writeFile(file, source + digestOf(Buffer.from(source, 'latin1')).toString('base64'), 'latin1');
}

/** The packages whose modules these are, each with its licence. */
async function licencesOf(files: readonly string[]): Promise<string> {
  const packages = files.map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  const texts: string[] = [];
  for (const name of [...new Set(packages)].sort()) {
    if (name === undefined) continue;
    const folder = join(ROOT, 'node_modules', name);
    const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
    const text = file === undefined ? '' : `\n${await readFile(join(folder, file), 'utf8')}`;
    texts.push(`${name} ${version}: ${license}\n${text}`);
  }
  return texts.join(`\n${'-'.repeat(70)}\n\n`);
}
