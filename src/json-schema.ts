/** The part of JSON Schema (2020-12) that mkbase's own schemas use. */
export interface JsonSchema {
  readonly type?: JsonSchemaType | readonly JsonSchemaType[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
  readonly items?: JsonSchema;
}
type JsonSchemaType = 'object' | 'array' | 'string' | 'integer' | 'boolean' | 'null';

/** The first place where `value` departs from `schema`, in words: "`packages[3].size` is no integer". */
export function firstFault(value: unknown, schema: JsonSchema, path = ''): string | undefined {
  const fault = (reason: string): string => `\`${path || 'the whole'}\` ${reason}`;
  const types: readonly string[] | undefined = schema.type === undefined ? undefined : [schema.type].flat();
  if (types !== undefined && !types.includes(typeOf(value)))
    return fault(`is not of type ${types.join(' or ')}`);
  if ('const' in schema && value !== schema.const) return fault(`is not ${JSON.stringify(schema.const)}`);
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return fault(`is none of ${schema.enum.map((item) => JSON.stringify(item)).join(', ')}`);
  }
  if (
    typeof value === 'string' &&
    schema.pattern !== undefined &&
    !new RegExp(schema.pattern, 'u').test(value)
  ) {
    return fault(`does not have the form ${schema.pattern}`);
  }
  if (typeof value === 'number') {
    if (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity))
      return fault('is out of range');
  }
  if (Array.isArray(value)) return faultInArray(value, schema, path);
  return typeof value === 'object' && value !== null ? faultInObject(value, schema, path) : undefined;
}

function faultInArray(value: readonly unknown[], schema: JsonSchema, path: string): string | undefined {
  if (schema.items === undefined) return undefined;
  for (const [index, item] of value.entries()) {
    const fault = firstFault(item, schema.items, `${path}[${index}]`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultInObject(value: object, schema: JsonSchema, path: string): string | undefined {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const missing = schema.required?.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `\`${at(missing)}\` is missing`;
  for (const [name, member] of Object.entries(value)) {
    const inner = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined;
    if (inner === undefined && schema.additionalProperties === false) return `\`${at(name)}\` is not known`;
    const fault = inner === undefined ? undefined : firstFault(member, inner, at(name));
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
