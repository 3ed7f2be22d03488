/** The schemas of docs/ as far as families say what is in them. */
import { FAMILIES, LOCK_SECTIONS, RECIPE_FORMS } from '../src/families/index.ts';
import type { JsonSchema } from '../src/json-schema.ts';
import { recipeDataDefs, recipeDataSchema } from '../src/recipe/recipe-data.ts';
import { COMMON, DEFS, HEAD, SETTINGS } from '../src/recipe/recipe-schema.ts';

/** A recipe file of any family: each member that is not for all says whose it is. */
export function recipeSchema(): object {
  const forms = Object.entries(RECIPE_FORMS);
  const ofFamilies = (part: 'properties' | 'image') =>
    joined(forms.map(([name, { schema }]) => labelled(name, schema[part])));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'mkbase recipe',
    description: 'A suite of a distribution as data. What one file shares with another it takes by `like`.',
    type: 'object',
    additionalProperties: false,
    properties: {
      ...HEAD,
      family: { ...HEAD.family, enum: Object.keys(RECIPE_FORMS) },
      ...COMMON,
      ...ofFamilies('properties'),
      image: {
        description: 'What is written into an image.',
        type: 'object',
        additionalProperties: false,
        properties: { settings: SETTINGS, ...ofFamilies('image') },
      },
    },
    $defs: Object.assign({}, DEFS, ...forms.map(([, { schema }]) => schema.$defs)),
  };
}

type Members = Readonly<Record<string, JsonSchema>>;

function labelled(family: string, members: Members): Members {
  return Object.fromEntries(
    Object.entries(members).map(([name, schema]) => {
      const { description = name, ...rest } = schema;
      const text = `${family}: ${description.charAt(0).toLowerCase()}${description.slice(1)}`;
      return [name, { description: text, ...rest }];
    }),
  );
}

/** A member that several families have is as one of them says. */
function joined(families: readonly Members[]): Members {
  const names = [...new Set(families.flatMap(Object.keys))];
  return Object.fromEntries(
    names.map((name) => {
      const all = families.flatMap((members) => members[name] ?? []);
      return [name, all.length === 1 ? all[0]! : ({ anyOf: all } as JsonSchema)];
    }),
  );
}

/** The members of a family's lock beside those that all have. */
export function lockSections(): object {
  return Object.fromEntries(
    Object.entries(LOCK_SECTIONS).map(([name, { schema }]) => [
      name,
      { type: 'object', properties: { name: { const: name }, ...schema } },
    ]),
  );
}

/** The recipe and the choices of each family in a request, and what both refer to. */
export function requestDefs(): object {
  const definitions = FAMILIES.map(({ recipeForm }) => recipeDataDefs(recipeForm));
  return {
    ...Object.assign({}, ...definitions),
    ...Object.fromEntries(
      FAMILIES.flatMap(({ name, recipeForm, request }) => [
        [`${name}Recipe`, recipeDataSchema(recipeForm, name)],
        [name, { type: 'object', properties: { name: { const: name }, options: request.schema } }],
      ]),
    ),
  };
}
