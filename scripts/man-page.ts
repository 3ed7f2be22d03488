/** Writes the manual page beside the compiled program: `npm run build` does it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { markdownToMan } from './markdown-to-man.ts';

// From dist/scripts, where this module runs.
const ROOT = new URL('../../', import.meta.url);

const { version } = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')) as { version: string };
const manual = await readFile(new URL('docs/mkbase.1.md', ROOT), 'utf8');
await mkdir(new URL('dist/man/', ROOT), { recursive: true });
await writeFile(new URL('dist/man/mkbase.1', ROOT), markdownToMan(manual, { source: `mkbase ${version}` }));
