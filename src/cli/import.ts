import { resolve } from 'node:path';
import { stdin } from 'node:process';
import { MkbaseError } from '../errors.ts';
import type { ImportRequest } from '../import/import.ts';
import type { RootfsSource } from '../import/open-rootfs.ts';
import type { ImageTarget } from '../target/target.ts';
import type { Arguments } from './arguments.ts';
import { writeImageFiles } from './image-files.ts';
import { annotationsOf, imageSettings } from './image-settings.ts';
import { imageTargets } from './image-targets.ts';
import { readPathRules } from './path-rules.ts';
import { registrySettings } from './registry-settings.ts';
import { reportJson, reportText } from './report.ts';
import { withProgress } from './session.ts';
import { allowed, time } from './values.ts';
import { type World, write } from './world.ts';

/** `mkbase import ROOTFS TARGET...` */
export async function importCommand(args: Arguments, world: World): Promise<void> {
  const { operands, flags } = args;
  const [rootfs, ...texts] = operands;
  if (rootfs === undefined || texts.length + flags.to.length === 0) {
    throw new MkbaseError(
      'usage/missing-operand',
      `${rootfs === undefined ? 'ROOTFS' : 'TARGET'} is missing`,
      {
        hint: 'the form is `mkbase import DIR|TAR|- TARGET...`, as in `mkbase import ./trusty docker-daemon:trusty`',
      },
    );
  }
  const targets: readonly ImageTarget[] = await imageTargets([...texts, ...flags.to], flags, world);
  const request = await requestOf(rootfs, args, world);
  const { importRootfs } = await import('../import/import.ts');
  const { env, signal, cwd } = world;
  const { stream, ...outcome } = await withProgress(args, world, (emit) =>
    importRootfs(request, targets, { env, signal, emit, registry: registrySettings(flags, cwd) }),
  );
  const { image } = outcome.result;
  await writeImageFiles(image, targets, { flags, at: (file) => resolve(cwd, file) });
  if (flags.quiet) return write(world.stdout, `${image.manifest.digest}\n`);
  await write(stream, flags.json ? reportJson({ targets, ...outcome }) : reportText({ targets, ...outcome }));
}

async function requestOf(
  rootfs: string,
  { flags, pathRules }: Arguments,
  { cwd }: World,
): Promise<ImportRequest> {
  const [arch, ...more] = flags.arch.map((name) => allowed('arch', name));
  if (more.length > 0) {
    throw new MkbaseError('usage/conflict', 'a root filesystem has one architecture', {
      hint: 'name one with `--arch`, or none',
    });
  }
  return {
    source: sourceOf(rootfs, cwd),
    arch: arch ?? null,
    pathRules: await readPathRules(pathRules, cwd),
    keepSecrets: flags['keep-secrets'],
    settings: imageSettings(flags, {}),
    annotations: annotationsOf(flags),
    created: flags.created === null ? null : time('created', flags.created).getTime() / 1000,
    format: (allowed('format', flags.format) ?? 'oci') as ImportRequest['format'],
    compression: (allowed('compression', flags.compression) ?? 'gzip') as ImportRequest['compression'],
  };
}

function sourceOf(text: string, cwd: string): RootfsSource {
  if (text !== '-') return { kind: 'path', path: resolve(cwd, text) };
  if (!stdin.isTTY) return { kind: 'stream', stream: stdin as AsyncIterable<Buffer> };
  throw new MkbaseError('usage/stdin-is-terminal', 'cannot read a tar from a terminal', {
    hint: 'pipe it in, as in `tar -C DIR -c . | mkbase import - docker-daemon:base`',
  });
}
