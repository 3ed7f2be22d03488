/** Files that a recipe names: beside it or below, and nowhere else. */
import { realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, sep } from 'node:path';
import { MkbaseError, reasonOf } from '../errors.ts';
import type { Fault } from '../json-schema.ts';
import { readWhole } from '../whole-file.ts';
import type { YamlFile } from '../yaml-file.ts';
import type { KeyText, Path, RecipeForm } from './form.ts';
import { mapKeysLater, type RecipeSource } from './recipe-source.ts';
import type { KeyFile } from './recipes.ts';

/** Bytes of a recipe, or of a key: the largest keyring of a distribution has 60 KB. */
const LIMIT = 2 ** 20;

export interface InnerFile {
  readonly path: string;
  /** Its name in messages. */
  readonly shown: string;
}

export interface Mention {
  readonly folder: string;
  /** Where the recipe names it. */
  readonly path: Fault['path'];
  readonly yaml: YamlFile;
}

/** A file that a recipe names, with all links followed. @throws MkbaseError `recipe/outside`, `recipe/missing-file` */
export async function readBeside(name: string, { folder, path, yaml }: Mention): Promise<InnerFile> {
  const outside = () =>
    yaml.error(path, {
      what: 'outside',
      reason: `\`${name}\` is not in the folder of the recipe`,
      hint: 'put it beside the recipe: a recipe may be copied, and reads nothing else',
    });
  if (isAbsolute(name) || name.split(sep).includes('..')) throw outside();
  const home = await realpath(folder);
  const found = await realpath(join(folder, name)).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw yaml.error(path, {
      what: 'missing-file',
      reason: `cannot read \`${name}\`: ${code === 'ENOENT' ? 'there is no such file' : reasonOf(cause)}`,
      hint: 'name a file beside the recipe',
    });
  });
  if (relative(home, found).split(sep)[0] === '..') throw outside();
  return { path: found, shown: join(folder, name) };
}

/** @throws MkbaseError `recipe/unreadable`, `recipe/too-large` */
export async function readBounded({ path, shown }: InnerFile): Promise<Buffer> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is no file');
    const bytes = await readWhole(path, LIMIT + 1);
    if (bytes.length <= LIMIT) return bytes;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : reasonOf(cause);
    throw new MkbaseError('recipe/unreadable', `cannot read \`${shown}\`: ${reason}`, {
      hint: 'name a recipe, a YAML file that this user can read',
      cause,
    });
  }
  throw new MkbaseError('recipe/too-large', `\`${shown}\` is larger than ${LIMIT} bytes`, {
    hint: 'this is no recipe, and no key of one: name another file',
  });
}

/** The source with its keys read. @throws MkbaseError `recipe/bad-key` and others */
export function readKeys(
  source: RecipeSource,
  { folder, yaml }: Omit<Mention, 'path'>,
  form: RecipeForm,
): Promise<RecipeSource> {
  return mapKeysLater(source, form, (list: readonly (string | KeyText)[], path: Path) =>
    Promise.all(list.map((key, index) => readKey(key, { folder, path: [...path, index], yaml }, form))),
  );
}

async function readKey(key: string | KeyText, mention: Mention, form: RecipeForm): Promise<KeyFile> {
  const file = await keyFile(key, mention);
  const found = await form.fingerprints(file).catch((error: unknown) => reasonOf(error));
  if (typeof found !== 'string' && found.length > 0) return file;
  const reason = typeof found === 'string' ? found : 'there is no key in it';
  throw mention.yaml.error(mention.path, {
    what: 'bad-key',
    reason: `\`${file.name}\` has no key that could be used: ${reason}`,
    hint: form.keyHint,
  });
}

async function keyFile(key: string | KeyText, mention: Mention): Promise<KeyFile> {
  if (typeof key !== 'string') return { name: key.name, bytes: Buffer.from(key.text) };
  if (key.startsWith('-----BEGIN ')) {
    return { name: `${mention.path.join('-')}.asc`, bytes: Buffer.from(key) };
  }
  return { name: basename(key), bytes: await readBounded(await readBeside(key, mention)) };
}
