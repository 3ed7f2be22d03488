import type { Image, ImageIndex } from '../image/image.ts';
import { fullName } from '../image/reference.ts';
import { replaceFile } from '../image/replace-file.ts';
import type { Target } from '../targets/target.ts';
import type { Flags } from './options.ts';

interface ImageFileOptions {
  readonly flags: Flags;
  /** The absolute path of a file as it was given. */
  readonly at: (file: string) => string;
}

/** `--iidfile`, `--digest-file` and `--image-refs`: the result, for the program that comes next. */
export async function writeImageFiles(
  image: Image | ImageIndex,
  targets: readonly Target[],
  { flags, at }: ImageFileOptions,
): Promise<void> {
  const { digest } = image.manifest;
  const id = image.kind === 'image' ? image.config.digest : digest;
  const names = targets.flatMap((target) => ('names' in target ? target.names : []));
  const refs = names.map((name) => `${fullName({ ...name, digest: null })}@${digest}\n`);
  const files: readonly (readonly [string | null, string])[] = [
    [flags.iidfile, id],
    [flags['digest-file'], digest],
    [flags['image-refs'], refs.join('')],
  ];
  const fsync = !flags['no-fsync'];
  for (const [file, text] of files) {
    if (file !== null) await replaceFile(at(file), [Buffer.from(text)], { fsync });
  }
}
