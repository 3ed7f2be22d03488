import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MkbaseError, reasonOf } from '../errors.ts';

export interface RecipeFolders {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the host's administrator keeps recipes. */
  readonly hostFolder?: string;
}

/** The files in the folders of the user and of the host. */
export function userRecipeFiles({
  env,
  hostFolder = '/etc/mkbase/recipes',
}: RecipeFolders): readonly string[] {
  const config = env.XDG_CONFIG_HOME || (env.HOME && join(env.HOME, '.config'));
  const folders = [...(config ? [join(config, 'mkbase/recipes')] : []), hostFolder];
  return folders.flatMap(filesIn);
}

/** Synchronous, as is all that `mkbase list` reads: the other way takes Node longer to load. */
function filesIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    return names.sort().map((name) => join(folder, name));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new MkbaseError('recipe/unreadable', `cannot read \`${folder}\`: ${reasonOf(cause)}`, {
      hint: 'recipes are read from there: make it readable to this user',
      cause,
    });
  }
}
