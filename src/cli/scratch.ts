import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { MkbaseError, reasonOf } from '../errors.ts';
import { readCertificates } from '../scratch/certificates.ts';
import { parseProgram } from '../scratch/given-program.ts';
import type { ScratchRequest } from '../scratch/scratch.ts';
import type { ImageTarget } from '../target/target.ts';
import type { Arguments } from './arguments.ts';
import { writeImageFiles } from './image-files.ts';
import { imageSettings } from './image-settings.ts';
import { imageTargets } from './image-targets.ts';
import { registrySettings } from './registry-settings.ts';
import { reportJson, reportText } from './report.ts';
import { jobsOf, readLockFile, withProgress } from './session.ts';
import { allowed } from './values.ts';
import { type World, write } from './world.ts';

/** `mkbase scratch PATHS... TARGET` */
export async function scratch(args: Arguments, world: World): Promise<void> {
  const { flags } = args;
  const targets = await targetsOf(args, world);
  const request = await requestOf(args, world);
  const { makeScratch } = await import('../scratch/scratch.ts');
  const { env, signal } = world;
  // What a lock decides here is packages alone: nothing that was asked for beside it is without effect.
  const quietLock = { ...args, flags: { ...flags, lock: null } };
  const { stream, ...outcome } = await withProgress(quietLock, world, (emit) =>
    makeScratch(request, targets, { env, signal, emit, registry: registrySettings(flags, world.cwd) }),
  );
  const { image } = outcome.result;
  await writeImageFiles(image, targets, { flags, at: (file) => resolve(world.cwd, file) });
  if (flags.quiet) return write(world.stdout, `${image.manifest.digest}\n`);
  await write(stream, flags.json ? reportJson({ targets, ...outcome }) : reportText({ targets, ...outcome }));
}

async function targetsOf({ operands, flags }: Arguments, world: World): Promise<readonly ImageTarget[]> {
  const target = operands.at(-1);
  if (target === undefined) {
    throw new MkbaseError('usage/missing-operand', 'TARGET is missing', {
      hint: 'the form is `mkbase scratch PATHS... TARGET`, as in `mkbase scratch ./app docker-daemon:app:1.0`',
    });
  }
  return imageTargets([target, ...flags.to], flags, world);
}

async function requestOf(args: Arguments, world: World): Promise<ScratchRequest> {
  const { operands, flags } = args;
  const at = (file: string) => resolve(world.cwd, file);
  const suite = flags.from ?? (flags.lock === null ? null : await suiteOf(at(flags.lock))) ?? 'stable';
  return {
    jobs: await jobsOf({ ...args, operands: [suite] }, world),
    programs: operands
      .slice(0, -1)
      .map(parseProgram)
      .map((program) => ({ ...program, source: at(program.source) })),
    arches: flags.arch.map((name) => allowed('arch', name)),
    certificates: {
      packaged: flags.ca,
      own: await Promise.all(flags['ca-file'].map((file) => ownCertificates(at(file)))),
    },
    timeZones: flags.tz,
    libraries: !flags['with-libs'] ? 'none' : flags.from === null ? 'host' : 'packages',
    user: flags.user ?? 'nonroot',
    settings: (own) => imageSettings({ ...flags, user: null }, own),
  };
}

/** Whose packages a lock has; null where it has none. */
async function suiteOf(file: string): Promise<string | null> {
  const [lock] = await readLockFile(file);
  return lock!.packages.length === 0 ? null : lock!.recipe.name;
}

async function ownCertificates(file: string) {
  const text = await readFile(file, 'latin1').catch((cause: unknown) => {
    throw new MkbaseError('usage/unreadable-file', `cannot read \`${file}\`: ${reasonOf(cause)}`, {
      hint: '`--ca-file` takes the name of a file',
      cause,
    });
  });
  const name = basename(file).replace(/(\.(pem|cer|crt))?$/, '.crt');
  return { name, pem: readCertificates(text, file) };
}
