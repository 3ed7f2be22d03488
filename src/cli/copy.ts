import { resolve } from 'node:path';
import { MkbaseError } from '../errors.ts';
import type { CopyRequest } from '../targets/copy.ts';
import { parseImageSource } from '../targets/image-source.ts';
import { type ImageTarget, targetName } from '../targets/target.ts';
import { jsonText, linesText } from '../text.ts';
import type { Arguments } from './arguments.ts';
import { writeImageFiles } from './image-files.ts';
import { imageTargets } from './image-targets.ts';
import { checkOperands } from './operands.ts';
import { registrySettings } from './registry-settings.ts';
import { withProgress } from './session.ts';
import { oneArch } from './values.ts';
import { type World, write } from './world.ts';

/** `mkbase copy IMAGE TARGET...` */
export async function copy(args: Arguments, world: World): Promise<void> {
  const { operands, flags } = args;
  checkOperands(args, { names: ['IMAGE', 'TARGET'], repeated: true, needed: flags.to.length > 0 ? 1 : 2 });
  const [image, ...texts] = operands as [string, ...string[]];
  const targets = await imageTargets([...texts, ...flags.to], flags, world);
  await copyTo(
    targets,
    {
      source: await parseImageSource(image, world.cwd),
      arch: oneArch(flags, 'one architecture can be copied, or all'),
      referrers: !flags['no-referrers'],
    },
    { args, world },
  );
}

/** `mkbase push IMAGE docker://NAME...`: copies an image into registries. */
export async function push(args: Arguments, world: World): Promise<void> {
  const [image = '', ...texts] = args.operands;
  const others = [...texts, ...args.flags.to].filter((text) => !text.startsWith('docker://'));
  if (others.length > 0 || image.startsWith('docker://')) {
    const [wrong = image] = others;
    throw new MkbaseError('usage/bad-target', `\`mkbase push\` does not take \`${wrong}\``, {
      hint: `the form is \`mkbase ${args.command.usage}\`; \`mkbase copy\` goes from anywhere to anywhere`,
    });
  }
  await copy(args, world);
}

async function copyTo(
  targets: readonly ImageTarget[],
  request: CopyRequest,
  { args, world }: { readonly args: Arguments; readonly world: World },
): Promise<void> {
  const { flags } = args;
  const { env, signal, cwd } = world;
  const registry = registrySettings(flags, cwd);
  const { copyImage } = await import('../targets/copy.ts');
  const { result, stream } = await withProgress(args, world, (emit) =>
    copyImage(request, targets, { env, signal, emit, registry, fsync: !flags['no-fsync'] }),
  );
  await writeImageFiles(result, targets, { flags, at: (file) => resolve(cwd, file) });
  const { digest } = result.manifest;
  const names = targets.map(targetName);
  if (flags.quiet) await write(world.stdout, linesText([digest]));
  else await write(stream, flags.json ? copiedJson(names, digest) : copiedText(names, digest));
}

export function copiedText(targets: readonly string[], image: string): string {
  return linesText([...targets.map((name) => `copied to \`${name}\``), `  image     ${image}`]);
}

/** The last event of `--json`. */
export function copiedJson(targets: readonly string[], image: string): string {
  return jsonText({ type: 'copied', targets, image });
}
