import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { MkbaseError, reasonOf } from '../../errors.ts';
import { didYouMean } from '../../nearest.ts';
import { isRecipePath } from '../../recipe/open-recipe.ts';
import type { RefreshImage } from '../../refresh/image.ts';
import type { ImageSpec, OptionValue } from '../../refresh/image-spec.ts';
import { type ImagesFile, readImagesFile } from '../../refresh/images-file.ts';
import { isInShard, type Shard } from '../../refresh/shard.ts';
import { fixedText } from '../../refresh/template.ts';
import { isoDay } from '../../time.ts';
import { type Arguments, parseArguments } from '../arguments.ts';
import { CHECKS } from '../options/checks.ts';
import { ORIGIN } from '../options/origin.ts';
import { isGiven, type OptionName } from '../options.ts';
import { jobsOf } from '../session.ts';
import type { World } from '../world.ts';

/**
 * The list of images in a file, which messages call `shown`.
 *
 * @throws MkbaseError `config/unreadable`, and what readImagesFile throws
 */
export async function readImages(file: string, shown: string): Promise<ImagesFile> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new MkbaseError('config/unreadable', `cannot read \`${shown}\`: ${reasonOf(cause)}`, {
      hint: 'name the list of images; `mkbase refresh init > images.yaml` writes a first one',
      cause,
    });
  });
  return readImagesFile(text, shown);
}

/** The images of these names, or all; of them those of the shard. */
export function chosen(
  images: readonly ImageSpec[],
  names: readonly string[],
  shard: Shard | null,
): readonly ImageSpec[] {
  const known = images.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new MkbaseError('config/unknown-image', `there is no image \`${unknown}\``, {
      hint: didYouMean(unknown, known) ?? `there is ${known.join(', ')}`,
    });
  }
  return images.filter(({ name }) => {
    return (names.length === 0 || names.includes(name)) && (shard === null || isInShard(name, shard));
  });
}

/** An image's entry together with the options for all images, checked. */
export async function refreshImageOf(
  spec: ImageSpec,
  args: Arguments,
  { world, file }: { readonly world: World; readonly file: string },
): Promise<RefreshImage> {
  try {
    const suite = suiteOf(spec, args, resolve(world.cwd, file));
    const parsed = parseArguments(argvOf({ sbom: ['spdx'], ...spec.options, suite }));
    const jobs = await jobsOf({ ...parsed, flags: { ...parsed.flags, ...givenFor(args) } }, world);
    const { recipe } = jobs[0]!;
    return {
      name: spec.name,
      jobs,
      repositories: spec.repositories,
      tags: spec.tags,
      hold: spec.hold,
      values: {
        name: spec.name,
        suite: recipe.suite,
        release: recipe.release ?? recipe.suite,
        variant: jobs[0]!.variant,
        date: isoDay(jobs[0]!.now).replaceAll('-', ''),
      },
    };
  } catch (error) {
    if (!(error instanceof MkbaseError) || !/^(usage|recipe)\//.test(error.code)) throw error;
    const code = `config/${error.code.replace(/^.*\//, '')}` as const;
    const { hint = 'see the manual of the option of this name', message } = error;
    throw new MkbaseError(code, `${file}:${spec.line}: \`${spec.name}\`: ${message}`, { hint, cause: error });
  }
}

/** A recipe file is taken from beside the list, where whoever runs it says so: anybody may propose a list. */
function suiteOf({ options }: ImageSpec, { flags }: Arguments, list: string): string {
  const suite = String(options.suite);
  if (!isRecipePath(suite)) return suite;
  if (flags['allow-recipes']) return resolve(dirname(list), suite);
  throw new MkbaseError('usage/recipe-not-allowed', `\`${suite}\` is a recipe file`, {
    hint: 'read it, and let the list name recipes with `--allow-recipes`',
  });
}

/** Two images may not push to one tag: each would undo the other. */
export function checkCollisions(images: readonly RefreshImage[]): void {
  const owners = new Map<string, string>();
  for (const { name, repositories, tags, values } of images) {
    for (const { domain, path } of repositories) {
      for (const tag of new Set(tags.map((template) => fixedText(template, values)))) {
        const place = `${domain}/${path}:${tag}`;
        const owner = owners.get(place);
        if (owner !== undefined) {
          throw new MkbaseError(
            'config/tag-collision',
            `\`${owner}\` and \`${name}\` both push \`${place}\``,
            {
              hint: 'give them other tags, as with {name} or {variant}, or other repositories',
            },
          );
        }
        owners.set(place, name);
      }
    }
  }
}

const TRANSPORT = [...ORIGIN, ...CHECKS].map(({ name }): OptionName => name);

/** Options of the command line that hold for every image. */
function givenFor({ flags }: Arguments): Partial<Arguments['flags']> {
  const names: readonly OptionName[] = [...TRANSPORT, 'mode'];
  return Object.fromEntries(names.filter((name) => isGiven(flags[name])).map((name) => [name, flags[name]]));
}

/** The command line that would build it. */
function argvOf({ suite, 'path-rules': rules = [], ...options }: ImageSpec['options']): string[] {
  return [
    ...Object.entries(options).flatMap(([name, value]) => optionWords(name, value)),
    ...(rules as readonly string[]).map((rule) => rule.replace(/^path-(\w+)=/, '--$1-path=')),
    // `--`, so that it cannot be an option.
    ...['--', String(suite)],
  ];
}

function optionWords(name: string, value: OptionValue): string[] {
  if (typeof value === 'boolean') return value ? [`--${name}`] : [];
  if (typeof value === 'string') return [`--${name}=${value}`];
  // A command as a list is an argument vector.
  if (name === 'cmd' || name === 'entrypoint') return [`--${name}=${JSON.stringify(value)}`];
  if (Array.isArray(value)) return value.map((item) => `--${name}=${item}`);
  return Object.entries(value).map(([key, text]) => `--${name}=${key}=${text}`);
}
