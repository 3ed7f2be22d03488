import { resolve } from 'node:path';
import { MkbaseError } from '../errors.ts';
import { replaceFile } from '../image/replace-file.ts';
import type { Lock } from '../lock/lock.ts';
import { findLocks } from '../sbom/find-lock.ts';
import { SBOM_FORMATS, type SbomFormat } from '../sbom/format.ts';
import { sbomText } from '../sbom/sbom.ts';
import type { Arguments } from './arguments.ts';
import { cacheDirOf } from './cache-directory.ts';
import { checkOperands } from './operands.ts';
import { registrySettings } from './registry-settings.ts';
import { withProgress } from './session.ts';
import { allowed } from './values.ts';
import { type World, write } from './world.ts';

/** `mkbase sbom IMAGE|LOCK` */
export async function sbom(args: Arguments, world: World): Promise<void> {
  checkOperands(args, { names: ['IMAGE or LOCK'], needed: 1 });
  const { flags, operands } = args;
  const { env, cwd, signal } = world;
  const format = (allowed('format', flags.format, SBOM_FORMATS) ?? 'spdx') as SbomFormat;
  const lock = chosen(
    await findLocks(operands[0]!, cwd, { env, signal, registry: registrySettings(flags, cwd) }),
    flags.arch,
  );
  const { result } = await withProgress(args, world, (emit) =>
    sbomText(lock, format, {
      cacheDir: cacheDirOf(flags, { env, cwd }),
      surroundings: { env, signal, emit },
    }),
  );
  if (flags.output === null) return write(world.stdout, result);
  await replaceFile(resolve(cwd, flags.output), [Buffer.from(result)]);
}

function chosen(locks: readonly Lock[], arches: readonly string[]): Lock {
  const found = locks.filter(({ arch }) => arches.length === 0 || arches.includes(arch));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  throw new MkbaseError(
    'usage/conflict',
    first === undefined
      ? 'there is no image for that architecture'
      : 'there are images of several architectures',
    { hint: `name one with \`--arch\`: ${locks.map(({ arch }) => arch).join(', ')}` },
  );
}
