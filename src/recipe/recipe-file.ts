import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type MkbaseError, quoted } from '../errors.ts';
import { type Fault, findFault, pathText } from '../json-schema.ts';
import { didYouMean } from '../nearest.ts';
import { parseYaml, type YamlFile } from '../yaml-file.ts';
import type { RecipeForm, RecipeForms } from './form.ts';
import { type InnerFile, readBeside, readBounded, readKeys } from './recipe-folder.ts';
import { completeSchema, fileSchema, HEAD } from './recipe-schema.ts';
import { completed, keysIn, mergedOver, type RecipeSource, recipeOf } from './recipe-source.ts';

export interface RecipeFileOptions {
  /** The name of the file in messages. */
  readonly shown: string;
  readonly forms: RecipeForms;
  /** Gives the recipe that `like` names. */
  readonly named: (name: string) => Promise<RecipeSource>;
  /** Whether the suites' own packages bring the keys, where a file says nothing of it. */
  readonly bringsKeys?: boolean;
}

/**
 * The recipe in a file, with what it is like merged under it, and its keys; null for a file without a suite,
 * which others are like.
 *
 * @throws MkbaseError `recipe/…`
 */
export async function readRecipeFile(
  file: string,
  { shown, forms, named, bringsKeys = false }: RecipeFileOptions,
): Promise<ReturnType<typeof recipeOf> | null> {
  const reading = { forms, named, bringsKeys, within: [], family: undefined };
  const { yaml, source, form } = await readSource({ path: file, shown }, reading);
  if (source.suite === undefined) return null;
  if (form === null) throw withoutFamily(yaml, forms);
  const whole = completed(source, form);
  const fault = findFault(whole, completeSchema(form));
  if (fault !== undefined) throw yaml.error(fault.path, complaintOf(fault, 'incomplete'));
  const found = recipeOf(whole, form);
  const files = keysIn(whole, form);
  const other = files.find(({ name, bytes }) =>
    files.some((one) => one.name === name && !one.bytes.equals(bytes)),
  );
  if (other !== undefined) throw namedAlike(other.name, yaml);
  return found;
}

/** A key is known by its name: one of the recipe must not stand for one of a part of it. */
function namedAlike(name: string, yaml: YamlFile): MkbaseError {
  return yaml.error(['keys'], {
    what: 'bad-key',
    reason: `two files of keys are called \`${name}\``,
    hint: 'give one of them another name',
  });
}

interface Reading extends Required<Pick<RecipeFileOptions, 'forms' | 'named' | 'bringsKeys'>> {
  /** Files whose `like` led here, with all links followed. */
  readonly within: readonly string[];
  /** That of the file which is like this one. */
  readonly family: string | undefined;
}

interface Read {
  readonly yaml: YamlFile;
  readonly source: RecipeSource;
  /** Null where neither the file nor what it is like says of which family it is. */
  readonly form: RecipeForm | null;
}

/** The content of a file, merged over what it is like: the family of either decides what else it may hold. */
async function readSource(file: InnerFile, reading: Reading): Promise<Read> {
  const bytes = await readBounded(file);
  const real = await realpath(file.path);
  const yaml = parseYaml(bytes.toString(), { file: file.shown, kind: 'recipe' });
  const fault = findFault(yaml.value, HEAD_SCHEMA);
  if (fault !== undefined) throw yaml.error(fault.path, complaintOf(fault, 'bad-value'));
  const { $schema: _, like, ...said } = yaml.value as RecipeSource & Head;
  const within = [...reading.within, real];
  const base =
    like === undefined
      ? {}
      : await readLiked(like, { file, yaml }, { ...reading, within, family: said.family ?? reading.family });
  const family = said.family ?? base.family ?? reading.family;
  if (base.family !== undefined && base.family !== family) throw otherFamily(like!, base.family, yaml);
  const form = formOf(family, { yaml, forms: reading.forms });
  const own = await checked(said, { file, yaml, form }, reading);
  return { yaml, form, source: form === null ? { ...base, ...own } : mergedOver(base, own, form) };
}

interface Head {
  readonly $schema?: string;
  readonly like?: string;
}

const HEAD_SCHEMA = { type: 'object', properties: HEAD } as const;

async function readLiked(
  like: string,
  { file, yaml }: { readonly file: InnerFile; readonly yaml: YamlFile },
  reading: Reading,
): Promise<RecipeSource> {
  if (!like.endsWith('.yaml')) return reading.named(like);
  const parent = await readBeside(like, { folder: dirname(file.path), path: ['like'], yaml });
  if (reading.within.includes(parent.path)) throw inCircle(file, like, yaml);
  return (await readSource(parent, reading)).source;
}

interface Place {
  readonly yaml: YamlFile;
  readonly forms: RecipeForms;
}

function formOf(family: string | undefined, { yaml, forms }: Place): RecipeForm | null {
  if (family === undefined) return null;
  if (Object.hasOwn(forms, family)) return forms[family]!;
  throw yaml.error(['family'], {
    what: 'unknown-family',
    reason: `${quoted(family)} is no family that this mkbase knows`,
    hint: didYouMean(family, Object.keys(forms)) ?? `there is ${Object.keys(forms).join(', ')}`,
  });
}

/** The content of the file itself, with its keys read. */
async function checked(
  said: RecipeSource,
  { file, yaml, form }: Pick<Read, 'yaml' | 'form'> & { readonly file: InnerFile },
  { forms, bringsKeys }: Reading,
): Promise<RecipeSource> {
  const fault = findFault(said, fileSchema(form));
  if (fault !== undefined) {
    const isOfOne = Object.values(forms).some(({ schema }) =>
      Object.hasOwn(schema.properties, fault.path[0]!),
    );
    if (form === null && fault.known !== undefined && isOfOne) throw withoutFamily(yaml, forms);
    throw yaml.error(fault.path, complaintOf(fault, 'bad-value'));
  }
  if (form === null) return said;
  const own = await readKeys(said, { folder: dirname(file.path), yaml }, form);
  return bringsKeys ? own : (form.foreign?.(own) ?? own);
}

function withoutFamily(yaml: YamlFile, forms: RecipeForms): MkbaseError {
  return yaml.error([], {
    what: 'incomplete',
    reason: '`family` is missing',
    hint: `say how its packages are made: ${Object.keys(forms).join(', ')}`,
  });
}

function otherFamily(like: string, family: string, yaml: YamlFile): MkbaseError {
  return yaml.error(['family'], {
    what: 'other-family',
    reason: `\`${like}\` is of the family ${quoted(family)}`,
    hint: 'name a recipe of the same family in `like`, or leave `family` out',
  });
}

function inCircle({ shown }: InnerFile, like: string, yaml: YamlFile): MkbaseError {
  return yaml.error(['like'], {
    what: 'circle',
    reason: `\`${basename(shown)}\` is like \`${like}\`, which is like it in the end`,
    hint: 'take `like` out of one of them',
  });
}

function complaintOf(fault: Fault, otherwise: string): Parameters<YamlFile['error']>[1] {
  const { path, reason, known } = fault;
  const subject = path.length === 0 ? 'the file' : `\`${pathText(path)}\``;
  const what = known === undefined ? otherwise : 'unknown-key';
  return { what, reason: `${subject} ${reason}`, hint: hintOf(fault) };
}

function hintOf({ path, reason, known }: Fault): string {
  if (known !== undefined) return didYouMean(String(path.at(-1)), known) ?? `there is ${known.join(', ')}`;
  if (reason.startsWith('is not of type string')) return "write it in quotes, as in `release: '12'`";
  return 'see docs/recipe.schema.json, or copy what `mkbase recipe show NAME` prints';
}
