/** The part of JSON Schema (2020-12) that mkbase's own schemas use. */
export interface JsonSchema {
  readonly description?: string;
  readonly type?: JsonSchemaType | readonly JsonSchemaType[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: false | JsonSchema;
  readonly minProperties?: number;
  readonly items?: JsonSchema;
  /** `#/$defs/NAME` */
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}
type JsonSchemaType = 'object' | 'array' | 'string' | 'integer' | 'boolean' | 'null';

/** A place where a value departs from a schema. */
export interface Fault {
  /** Names of members and indexes of items, from the whole down to the place. */
  readonly path: readonly (string | number)[];
  /** The fault, to follow the place's name: "is no integer". */
  readonly reason: string;
  /** For an unknown member: the known ones. */
  readonly known?: readonly string[];
}

/** The first fault in words: "`packages[3].size` is not of type integer". */
export function firstFault(value: unknown, schema: JsonSchema): string | undefined {
  const fault = findFault(value, schema);
  return fault === undefined ? undefined : `\`${pathText(fault.path) || 'the whole'}\` ${fault.reason}`;
}

/** `packages[3].size` */
export function pathText(path: Fault['path']): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

/**
 * The first thing in which a value is not as its schema says, in the order of the schema; undefined where
 * it is.
 */
export function findFault(value: unknown, root: JsonSchema): Fault | undefined {
  return faultIn(value, root, { path: [], root });
}

interface Place {
  readonly path: Fault['path'];
  readonly root: JsonSchema;
}

function faultIn(value: unknown, given: JsonSchema, place: Place): Fault | undefined {
  const schema = resolved(given, place.root);
  const reason = faultOfValue(value, schema);
  if (reason !== undefined) return { path: place.path, reason };
  if (Array.isArray(value)) return faultInArray(value, schema, place);
  return typeof value === 'object' && value !== null ? faultInObject(value, schema, place) : undefined;
}

function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (schema.$ref === undefined) return schema;
  return root.$defs![schema.$ref.replace('#/$defs/', '')]!;
}

function faultOfValue(value: unknown, schema: JsonSchema): string | undefined {
  const types: readonly string[] | undefined = schema.type === undefined ? undefined : [schema.type].flat();
  if (types !== undefined && !types.includes(typeOf(value))) return `is not of type ${types.join(' or ')}`;
  if ('const' in schema && value !== schema.const) return `is not ${JSON.stringify(schema.const)}`;
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return `is not one of ${schema.enum.map((item) => JSON.stringify(item)).join(', ')}`;
  }
  if (typeof value === 'string' && !matches(value, schema.pattern)) {
    return `does not have the form ${schema.pattern}`;
  }
  if (typeof value === 'number') {
    if (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity)) {
      return 'is out of range';
    }
  }
  return undefined;
}

function matches(text: string, pattern: string | undefined): boolean {
  return pattern === undefined || new RegExp(pattern, 'u').test(text);
}

function faultInArray(value: readonly unknown[], { items }: JsonSchema, place: Place): Fault | undefined {
  if (items === undefined) return undefined;
  for (const [index, item] of value.entries()) {
    const fault = faultIn(item, items, { ...place, path: [...place.path, index] });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultInObject(value: object, schema: JsonSchema, { path, root }: Place): Fault | undefined {
  const properties = schema.properties ?? {};
  const missing = schema.required?.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return { path: [...path, missing], reason: 'is missing' };
  if (Object.keys(value).length < (schema.minProperties ?? 0)) return { path, reason: 'is empty' };
  for (const [name, member] of Object.entries(value)) {
    const at = [...path, name];
    if (!matches(name, schema.propertyNames?.pattern)) {
      return { path: at, reason: `does not have the form ${schema.propertyNames?.pattern}` };
    }
    const inner = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
    if (inner === false) return { path: at, reason: 'is not known', known: Object.keys(properties) };
    const fault = inner === undefined ? undefined : faultIn(member, inner, { path: at, root });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function typeOf(value: unknown): JsonSchemaType | 'other' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (Number.isSafeInteger(value)) return 'integer';
  const type = typeof value;
  return type === 'object' || type === 'string' || type === 'boolean' ? type : 'other';
}

/** The members of a value that its schema has, in the order of the schema. */
export function inSchemaOrder(value: unknown, { properties, items }: JsonSchema): unknown {
  if (Array.isArray(value)) {
    return items === undefined ? value : value.map((item) => inSchemaOrder(item, items));
  }
  if (typeof value !== 'object' || value === null || properties === undefined) return value;
  const members = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(properties).filter((name) => members[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, inSchemaOrder(members[name], properties[name]!)]));
}
