/** Writes into docs/ what families say of the schemas there: `npm run schemas` does it, and tests compare. */
import { readFile, writeFile } from 'node:fs/promises';
import { VARIANTS } from '../src/recipe/built-in.ts';
import { lockSections, recipeSchema, requestDefs } from './published-schemas.ts';

// From dist/scripts, where this module runs.
const DOCS = new URL('../../docs/', import.meta.url);

await write('recipe', recipeSchema());
await write('lock', { ...(await read<object>('lock')), $defs: lockSections() });
await write('request', { ...(await read<object>('request')), $defs: requestDefs() });
const images = await read<ImagesSchema>('images');
images.$defs.image.properties.variant.enum = VARIANTS;
await write('images', images);

interface ImagesSchema {
  readonly $defs: {
    readonly image: { readonly properties: { readonly variant: { enum: readonly string[] } } };
  };
}

async function read<Schema>(name: string): Promise<Schema> {
  return JSON.parse(await readFile(new URL(`${name}.schema.json`, DOCS), 'utf8')) as Schema;
}

async function write(name: string, schema: object): Promise<void> {
  await writeFile(new URL(`${name}.schema.json`, DOCS), JSON.stringify(schema, null, 2));
}
