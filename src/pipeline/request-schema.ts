import { readFileSync } from 'node:fs';
import type { Family } from '../families/family.ts';
import type { JsonSchema } from '../json-schema.ts';
import { recipeDataDefs, recipeDataSchema } from '../recipe/recipe-data.ts';

// From dist/src/pipeline, where this module runs.
const FILE = new URL('../../../docs/request.schema.json', import.meta.url);

/** What every request has, whatever its family. */
export function commonSchema(): JsonSchema {
  return JSON.parse(readFileSync(FILE, 'utf8')) as JsonSchema;
}

/** The schema of requests for distributions of a family. */
export function requestSchema({ name, variants, recipeForm, request }: Family): JsonSchema {
  const common = commonSchema();
  const { family, variant } = common.properties!;
  return {
    ...common,
    properties: {
      ...common.properties,
      recipe: recipeDataSchema(recipeForm, name),
      variant: { ...variant, enum: variants },
      family: {
        ...family,
        properties: { name: { const: name }, options: request.schema },
      },
    },
    $defs: recipeDataDefs(recipeForm),
  };
}
