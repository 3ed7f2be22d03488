import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { MkbaseError } from '../errors.ts';
import { type Fault, findFault, type JsonSchema, pathText } from '../json-schema.ts';
import { didYouMean } from '../nearest.ts';
import { parseYaml, type YamlFile } from '../yaml-file.ts';
import { type InnerFile, readBeside, readBounded, readKeys } from './recipe-folder.ts';
import { completed, mergedOver, type RecipeSource, recipeOf } from './recipe-source.ts';
import type { KeyFile } from './recipes.ts';

// From dist/src/recipe, where this module runs.
const SCHEMA = new URL('../../../docs/recipe.schema.json', import.meta.url);

export interface RecipeFileOptions {
  /** What messages call the file. */
  readonly shown: string;
  /** What `like` stands for where it is the name of a recipe. */
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
  { shown, named, bringsKeys = false }: RecipeFileOptions,
): Promise<ReturnType<typeof recipeOf> | null> {
  const schema = JSON.parse(await readFile(SCHEMA, 'utf8')) as JsonSchema;
  const { yaml, source } = await readSource({ path: file, shown }, { schema, named, bringsKeys, within: [] });
  if (source.suite === undefined) return null;
  const whole = completed(source);
  const family = { ...schema.$defs![source.family ?? 'apt']!, $defs: schema.$defs! };
  const fault = findFault({ ...whole, family: source.family }, family);
  if (fault !== undefined) throw yaml.error(fault.path, complaintOf(fault, 'incomplete'));
  return recipeOf(whole);
}

interface Reading extends Required<Pick<RecipeFileOptions, 'named' | 'bringsKeys'>> {
  readonly schema: JsonSchema;
  /** Files whose `like` led here, with all links followed. */
  readonly within: readonly string[];
}

interface Read {
  readonly yaml: YamlFile;
  readonly source: RecipeSource;
}

async function readSource(file: InnerFile, reading: Reading): Promise<Read> {
  const { schema, named, bringsKeys, within } = reading;
  const bytes = await readBounded(file);
  const real = await realpath(file.path);
  const yaml = parseYaml(bytes.toString(), { file: file.shown, kind: 'recipe' });
  const fault = findFault(yaml.value, schema);
  if (fault !== undefined) throw yaml.error(fault.path, complaintOf(fault, 'bad-value'));
  const {
    $schema: _,
    like,
    keys,
    ...rest
  } = yaml.value as RecipeSource & Record<'$schema' | 'like', unknown>;
  const own = withKeys(
    rest,
    keys === undefined ? undefined : await readKeys(keys, dirname(file.path), yaml),
    bringsKeys,
  );
  if (typeof like !== 'string') return { yaml, source: own };
  if (!like.endsWith('.yaml')) return { yaml, source: mergedOver(await named(like), own) };
  const parent = await readBeside(like, { folder: dirname(file.path), path: ['like'], yaml });
  if ([...within, real].includes(parent.path)) throw inCircle(file, like, yaml);
  const { source } = await readSource(parent, { ...reading, within: [...within, real] });
  return { yaml, source: mergedOver(source, own) };
}

/** Keys of a file that does not say where the image has them are in none of its packages. */
function withKeys(own: RecipeSource, keys: RecipeSource['keys'], bringsKeys: boolean): RecipeSource {
  if (keys === undefined) return own;
  const isPlain = bringsKeys || !Array.isArray(keys) || own.image?.signedBy !== undefined;
  if (isPlain) return { ...own, keys };
  const ownKeys = (keys as readonly KeyFile[]).map(({ name }) => name);
  return { ...own, keys, image: { ownKeys, ...own.image } };
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
