import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Job } from '../../../job.ts';
import { readWhole } from '../../../whole-file.ts';
import {
  badName,
  checkArchitecture,
  HOST_FOLDER,
  LOCAL,
  type LocalFile,
  readNamed,
  refuseTwice,
} from '../../local-files.ts';
import { openPackagesIndex } from '../archive/packages-index.ts';
import type { AptSource } from '../choose/apt-version.ts';
import { readControl } from '../package/control.ts';
import { CONTROL_WITHIN, readDebControl } from '../package/deb.ts';

/** A package file that the user named. */
export interface LocalPackage extends LocalFile {
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** As an index would describe it. */
  readonly stanza: string;
}

/**
 * Package files as a user names them to apt.
 *
 * @throws MkbaseError `package/wrong-architecture`, `usage/conflict`, and what reading a package throws
 */
export async function readLocalPackages(
  { localPackages: files, fromHost }: Pick<Job, 'localPackages' | 'fromHost'>,
  arch: string,
): Promise<LocalPackage[]> {
  const folder = fromHost ? HOST_FOLDER : '';
  const packages = await Promise.all(files.map((file) => readLocalPackage(file, { arch, folder })));
  refuseTwice(packages.map(({ name }) => name));
  return packages;
}

/** Above all repositories: a user who names a file wants that one, as with apt. */
export function localSource(packages: readonly LocalPackage[]): AptSource[] {
  if (packages.length === 0) return [];
  const text = Buffer.from(packages.map(({ stanza }) => stanza).join('\n'), 'latin1');
  return [{ pocket: LOCAL, names: [LOCAL], isSuite: false, pin: 1001, index: openPackagesIndex(text) }];
}

async function readLocalPackage(
  file: string,
  { arch, folder }: { readonly arch: string; readonly folder: string },
): Promise<LocalPackage> {
  const shown = basename(file);
  const text = await controlOf(file, shown);
  const { version, arch: itsArch, fields } = readControl(text, '');
  // Indexes, and apt, keep capitals that dpkg does not know.
  const name = fields.find((field) => field.name.toLowerCase() === 'package')?.value ?? '';
  checkArchitecture({ shown, itsArch, anyArch: 'all', arch });
  if (!/^[A-Za-z0-9][A-Za-z0-9+._-]*$/.test(name) || !/^[A-Za-z0-9.+:~-]+$/.test(version)) {
    throw badName(shown, 'dpkg');
  }
  const path = `${folder}${name}_${version.replace(/^\d+:/, '')}_${itsArch}.deb`;
  const { sha256, size } = await measured(file);
  // The first of a repeated field counts; after an empty line another stanza would begin.
  const described = `Filename: ${path}\nSize: ${size}\nSHA256: ${sha256}\n`;
  const stanza = `${described}${text.trimStart().replace(/\n\s*\n.*$/s, '\n')}`;
  return { name, path, url: pathToFileURL(file).href, sha256, stanza };
}

async function measured(file: string): Promise<{ readonly sha256: string; readonly size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(piece);
    size += piece.length;
  }
  return { sha256: hash.digest('hex'), size };
}

async function controlOf(file: string, shown: string): Promise<string> {
  const bytes = await readWhole(file, CONTROL_WITHIN);
  const { control } = await readNamed(shown, () => readDebControl(bytes));
  return Buffer.from(control.get('control')?.body ?? []).toString('latin1');
}
