import { MkbaseError } from '../errors.ts';
import { type ImageTarget, isImageTarget, parseTarget } from '../targets/target.ts';
import type { Flags } from './options.ts';
import type { World } from './world.ts';

/** Targets of a command that makes images alone. */
export async function imageTargets(
  texts: readonly string[],
  { tag }: Pick<Flags, 'tag'>,
  { cwd }: Pick<World, 'cwd'>,
): Promise<readonly ImageTarget[]> {
  const parsed = await Promise.all(
    texts.map((text) => parseTarget(text, { cwd, stdoutIsTerminal: false, tags: tag })),
  );
  return parsed.map((target, index) => {
    if (isImageTarget(target)) return target;
    throw new MkbaseError('usage/bad-target', `TARGET \`${texts[index]}\` names no image`, {
      hint: 'say where the image goes: `oci:`, `oci-archive:`, `docker-archive:`, `docker-daemon:` or `docker://`',
    });
  });
}
