/** The members of a recipe file of any family; each family adds its part, see `RecipeForm`. */
import type { JsonSchema } from '../json-schema.ts';
import type { RecipeForm } from './form.ts';

/** The members that are read before the family is known. */
export const HEAD: Readonly<Record<string, JsonSchema>> = {
  $schema: {
    description: 'This schema, for editors.',
    type: 'string',
  },
  like: {
    description:
      'What this recipe is merged over: a built-in recipe by its name, or a file beside this one whose name ends in .yaml.',
    type: 'string',
    pattern: '\\S',
  },
  family: {
    description: 'How packages are made.',
    type: 'string',
  },
};

export const COMMON: Readonly<Record<string, JsonSchema>> = {
  distribution: {
    description: 'Also the prefix of the name, as in debian:trixie.',
    type: 'string',
    pattern: '^[a-z0-9][a-z0-9._+-]*$',
  },
  suite: {
    description: 'Codename, or the branch where there is none. A file without it is for `like` alone.',
    type: 'string',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]*$',
  },
  release: {
    description: "The release's number as text; null for a suite that is never released.",
    type: ['string', 'null'],
    pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]*$',
  },
  system: {
    description:
      "ID and VERSION_ID of its os-release, where these are another distribution's: bills of materials name that, as scanners do.",
    type: 'object',
    additionalProperties: false,
    required: ['name', 'version'],
    properties: {
      name: { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]*$' },
      version: { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]*$' },
    },
  },
  aliases: {
    description: 'Further names, as stable.',
    type: 'array',
    items: {
      type: 'string',
      pattern: '^[a-z0-9][a-z0-9._+-]*$',
    },
  },
  endOfLife: {
    description: 'Last day of support, YYYY-MM-DD.',
    type: ['string', 'null'],
    pattern: '^\\d{4}-\\d\\d-\\d\\d$',
  },
  arches: {
    description: "Architectures by the distribution's own names.",
    type: 'array',
    items: {
      type: 'string',
      pattern: '^[a-z0-9][a-z0-9_-]*$',
    },
  },
  components: {
    description: 'Components that are taken where none is asked for.',
    type: 'array',
    items: {
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]*$',
    },
  },
};

/** The members of `image`. */
export const SETTINGS: JsonSchema = {
  description: 'What a container of it is started with where nothing else is asked for.',
  type: 'object',
  additionalProperties: false,
  properties: {
    env: {
      description: 'NAME=VALUE',
      type: 'array',
      items: {
        type: 'string',
        pattern: '^[^=]+=',
      },
    },
    cmd: {
      description: 'The command and its arguments.',
      type: 'array',
      items: {
        type: 'string',
      },
    },
    entrypoint: {
      description: 'The program and its arguments.',
      type: 'array',
      items: {
        type: 'string',
      },
    },
    workdir: {
      type: 'string',
    },
    user: {
      type: 'string',
    },
  },
};

/** Definitions that families refer to. */
export const DEFS: Readonly<Record<string, JsonSchema>> = {
  mirrors: {
    description:
      'Addresses to try in order, by architecture; `default` is for all others. No trailing slash.',
    type: 'object',
    required: ['default'],
    additionalProperties: {
      type: 'array',
      items: {
        type: 'string',
        pattern: '^(https?|file|copy)://?\\S*[^/\\s]$',
      },
    },
  },
  key: {
    description: 'A file beside this one, armored text, or both a name and the text.',
    type: ['string', 'object'],
    additionalProperties: false,
    required: ['name', 'text'],
    properties: {
      name: {
        type: 'string',
        pattern: '^[A-Za-z0-9][A-Za-z0-9@._+-]*$',
      },
      text: {
        type: 'string',
      },
    },
  },
};

/** The schema of a file as it is; without a family, of the common members. */
export function fileSchema(form: RecipeForm | null): JsonSchema {
  const { properties, image, $defs } = form?.schema ?? { properties: {}, image: {} };
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...HEAD,
      ...COMMON,
      ...properties,
      image: {
        type: 'object',
        additionalProperties: false,
        properties: { settings: SETTINGS, ...image },
      },
    },
    $defs: { ...DEFS, ...$defs },
  };
}

/** The schema of a recipe once `like` and the defaults are merged. */
export function completeSchema({ schema: { complete } }: RecipeForm): JsonSchema {
  const common = ['distribution', 'suite', 'arches', 'components'];
  return { ...complete, required: [...common, ...(complete.required ?? [])] };
}
