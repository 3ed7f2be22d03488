import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { stdin } from 'node:process';
import { MkbaseError } from '../errors.ts';
import type { ImportRequest } from '../import/import.ts';
import type { RootfsSource } from '../import/open-rootfs.ts';
import type { ImageTarget } from '../targets/target.ts';
import type { Arguments } from './arguments.ts';
import { IMPORT_UNDER_FAKEROOT, isUnderFakeroot } from './fakeroot.ts';
import { annotationsOf, imageSettings } from './image-settings.ts';
import { imageTargets } from './image-targets.ts';
import { checkOperands } from './operands.ts';
import { readPathRules } from './path-rules.ts';
import { registrySettings } from './registry-settings.ts';
import { tellMade } from './report.ts';
import { withProgress } from './session.ts';
import { allowed, oneArch, time } from './values.ts';
import type { World } from './world.ts';

/** `mkbase import ROOTFS TARGET...` */
export async function importCommand(args: Arguments, world: World): Promise<void> {
  const { operands, flags } = args;
  checkOperands(args, { names: ['ROOTFS', 'TARGET'], repeated: true, needed: flags.to.length > 0 ? 1 : 2 });
  const [rootfs, ...texts] = operands as [string, ...string[]];
  const targets: readonly ImageTarget[] = await imageTargets([...texts, ...flags.to], flags, world);
  const request = await requestOf(rootfs, args, world);
  const { importRootfs } = await import('../import/import.ts');
  const { env, signal, cwd } = world;
  const registry = registrySettings(flags, cwd);
  const outcome = await withProgress(args, world, async (emit) => {
    if (isUnderFakeroot(env) && (await isDirectory(request.source)))
      emit({ type: 'warning', message: IMPORT_UNDER_FAKEROOT });
    return importRootfs(request, targets, { env, signal, emit, registry, fsync: !flags['no-fsync'] });
  });
  await tellMade({ targets, ...outcome }, args, world);
}

async function isDirectory(source: RootfsSource): Promise<boolean> {
  return source.kind === 'path' && (await stat(source.path).catch(() => null))?.isDirectory() === true;
}

async function requestOf(
  rootfs: string,
  { flags, pathRules }: Arguments,
  { cwd }: World,
): Promise<ImportRequest> {
  return {
    source: sourceOf(rootfs, cwd),
    arch: oneArch(flags, 'a root filesystem has one architecture'),
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
