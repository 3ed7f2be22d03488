import { MkbaseError, quoted, reasonOf } from '../errors.ts';
import type { Family } from '../families/family.ts';
import { FAMILIES, LOCK_SECTIONS } from '../families/index.ts';
import { type Fault, findFault, type JsonSchema, pathText } from '../json-schema.ts';
import { readLocks } from '../lock/lock-file.ts';
import { didYouMean } from '../nearest.ts';
import { type RecipeData, sourceOfData } from '../recipe/recipe-data.ts';
import { completeSchema } from '../recipe/recipe-schema.ts';
import { REQUEST_VERSION, type Request } from './request.ts';
import { commonSchema, requestSchema } from './request-schema.ts';

/** Bytes of a request: locks of many architectures are its largest part, of some hundred kilobytes each. */
export const LARGEST_REQUEST = 32 * 2 ** 20;

/**
 * The request in `text`, every member checked; `name` is its file's, for messages.
 *
 * @throws MkbaseError `request/…`, and for its locks `lock/…`
 */
export function readRequest(text: string, name: string): Request {
  if (text.length > LARGEST_REQUEST) {
    throw new MkbaseError('request/too-large', `the request \`${name}\` has more than 32 MiB`, {
      hint: 'take a request that `--print-request` wrote',
    });
  }
  const value = parsed(text, name);
  checkVersion(value, name);
  const common = commonSchema();
  check(value, common, { name });
  const { family: known } = (value as Request).recipe;
  const family = FAMILIES.find((one) => one.name === known);
  if (family === undefined) throw unknownFamily(known, name);
  check(value, requestSchema(family), { name });
  const request = value as Request;
  checkRecipe(request.recipe, family, name);
  checkNames(request, family, name);
  checkWhole(request, name);
  if (request.locks.length > 0) readLocks(JSON.stringify(request.locks), name, LOCK_SECTIONS);
  return request;
}

/** A member of this name is no data: assigned, it would change what the object is. */
const FORBIDDEN = '__proto__';

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (key === FORBIDDEN) throw new Error(`a member is called ${FORBIDDEN}`);
      return value;
    });
  } catch (cause) {
    throw new MkbaseError('request/malformed', `cannot read the request \`${name}\`: ${reasonOf(cause)}`, {
      hint: 'take a request that `--print-request` wrote',
      cause,
    });
  }
}

function checkVersion(value: unknown, name: string): void {
  const { version, mkbase } = (value ?? {}) as Partial<Record<keyof Request, unknown>>;
  if (!Number.isSafeInteger(version) || version === REQUEST_VERSION) return;
  const from = typeof mkbase === 'string' ? `, written by mkbase ${quoted(mkbase)},` : '';
  throw new MkbaseError(
    'request/other-version',
    `the request \`${name}\`${from} is of format ${version}, and this mkbase reads format ${REQUEST_VERSION}`,
    { hint: 'run it with the mkbase that wrote it, or write it anew with `--print-request`' },
  );
}

interface Place {
  readonly name: string;
  /** Where the value is in the request. */
  readonly path?: Fault['path'];
}

function check(value: unknown, schema: JsonSchema, { name, path = [] }: Place): void {
  const fault = findFault(value, schema);
  if (fault !== undefined) throw badValue({ ...fault, path: [...path, ...fault.path] }, name);
}

function checkRecipe(data: RecipeData, { recipeForm }: Family, name: string): void {
  check(sourceOfData(data, recipeForm), completeSchema(recipeForm), { name, path: ['recipe'] });
}

/** Names of packages, as the command line checks them. */
function checkNames(request: Request, { nameFault }: Family, name: string): void {
  for (const option of ['include', 'exclude'] as const) {
    for (const [index, entry] of request[option].entries()) {
      const hint = nameFault(option, entry);
      if (hint !== null) throw badValue({ path: [option, index], reason: 'names no package' }, name, hint);
    }
  }
}

/** Rules between members. */
function checkWhole({ arches, sources, scripts, hooks }: Request, name: string): void {
  if (arches.length === 0) throw badValue({ path: ['arches'], reason: 'is empty' }, name);
  for (const [index, source] of sources.entries()) {
    const missing = MEMBERS[source.kind].find((member) => !Object.hasOwn(source, member));
    if (missing !== undefined)
      throw badValue({ path: ['sources', index, missing], reason: 'is missing' }, name);
  }
  if (scripts === 'skip' && hooks.length > 0) {
    throw badValue({ path: ['hooks'], reason: 'cannot run where scripts are skipped' }, name);
  }
}

const MEMBERS = { url: ['url'], list: ['text', 'file', 'folder'] } as const;

function badValue({ path, reason, known }: Fault, name: string, hint?: string): MkbaseError {
  const near = known && (didYouMean(String(path.at(-1)), known) ?? `there is ${known.join(', ')}`);
  return new MkbaseError(
    'request/bad-value',
    `the request \`${name}\`: ${quoted(pathText(path) || 'the whole')} ${reason}`,
    { hint: hint ?? near ?? 'see docs/request.schema.json, or write it anew with `--print-request`' },
  );
}

function unknownFamily(family: string, name: string): MkbaseError {
  return new MkbaseError(
    'request/unknown-family',
    `the request \`${name}\` is for the family ${quoted(family)}, which this mkbase does not know`,
    { hint: 'run it with the mkbase that wrote it, or a newer one' },
  );
}
