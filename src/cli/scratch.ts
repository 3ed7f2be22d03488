import { basename, resolve } from 'node:path';
import { readCertificates } from '../scratch/certificates.ts';
import { parseProgram } from '../scratch/given-program.ts';
import type { ScratchRequest } from '../scratch/scratch.ts';
import type { ImageTarget } from '../targets/target.ts';
import type { Arguments } from './arguments.ts';
import { imageSettings } from './image-settings.ts';
import { imageTargets } from './image-targets.ts';
import { checkOperands } from './operands.ts';
import { readOptionFile } from './option-file.ts';
import { registrySettings } from './registry-settings.ts';
import { tellMade } from './report.ts';
import { jobsOf, readLockFile, withProgress } from './session.ts';
import { archName } from './values.ts';
import type { World } from './world.ts';

/** `mkbase scratch PATHS... TARGET` */
export async function scratch(args: Arguments, world: World): Promise<void> {
  const { flags } = args;
  checkOperands(args, { names: ['TARGET'], repeated: true, needed: 1 });
  const targets = await targetsOf(args, world);
  const request = await requestOf(args, world);
  const { makeScratch } = await import('../scratch/scratch.ts');
  const { env, signal } = world;
  const registry = registrySettings(flags, world.cwd);
  // Here a lock decides only the packages: no other option loses its effect.
  const quietLock = { ...args, flags: { ...flags, lock: null } };
  const outcome = await withProgress(quietLock, world, (emit) =>
    makeScratch(request, targets, { env, signal, emit, registry, fsync: !flags['no-fsync'] }),
  );
  await tellMade({ targets, ...outcome }, args, world);
}

async function targetsOf({ operands, flags }: Arguments, world: World): Promise<readonly ImageTarget[]> {
  return imageTargets([operands.at(-1)!, ...flags.to], flags, world);
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
    arches: flags.arch.map(archName),
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

/** The suite of a lock's packages; null where it has none. */
async function suiteOf(file: string): Promise<string | null> {
  const [lock] = await readLockFile(file);
  return lock!.packages.length === 0 ? null : lock!.recipe.name;
}

async function ownCertificates(file: string) {
  const text = await readOptionFile('ca-file', file, 'latin1');
  const name = basename(file).replace(/(\.(pem|cer|crt))?$/, '.crt');
  return { name, pem: readCertificates(text, file) };
}
