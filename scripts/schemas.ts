/** Writes into docs/ what families say of the schemas there: `npm run schemas` does it, and tests compare. */
import { readFile, writeFile } from 'node:fs/promises';
import { lockSections, recipeSchema } from './published-schemas.ts';

// From dist/scripts, where this module runs.
const DOCS = new URL('../../docs/', import.meta.url);

await writeFile(new URL('recipe.schema.json', DOCS), JSON.stringify(recipeSchema(), null, 2));
const lock = new URL('lock.schema.json', DOCS);
const schema = JSON.parse(await readFile(lock, 'utf8')) as object;
await writeFile(lock, JSON.stringify({ ...schema, $defs: lockSections() }, null, 2));
