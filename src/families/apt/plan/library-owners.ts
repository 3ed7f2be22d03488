/** Which packages have which shared libraries, from the archive's signed `Contents` files. */
import { MkbaseError } from '../../../errors.ts';
import type { Job } from '../../../job.ts';
import type { LoadedRecipe } from '../../../recipe/recipes.ts';
import type { Lending } from '../archive/host-sources.ts';
import { readIndex } from '../archive/index-files.ts';
import { findRelease, type ReleaseIo } from '../archive/signed-release.ts';
import type { AptRecipe } from '../recipe.ts';
import { repositoriesOf, requestFrom } from './request.ts';

/** Packages by the name of a library: `libc.so.6`. Those in the dynamic linker's own folders come first. */
export type LibraryOwners = ReadonlyMap<string, readonly string[]>;

/**
 * Read from the suite itself, because its security updates list no contents and bring no new libraries. The
 * relevant part, a fiftieth of the whole, is kept in the cache.
 */
export async function readLibraryOwners(
  job: Job,
  recipe: LoadedRecipe<AptRecipe>,
  io: ReleaseIo & { readonly lent: Lending },
): Promise<LibraryOwners> {
  const request = await requestFrom(job, recipe);
  const [suite] = repositoriesOf(request, io.lent);
  const { release, mirrors, digest } = await findRelease(suite!, io, job);
  const { arch, components } = request;
  const key = `library-owners-1/${digest}-${arch}-${components.join('-')}`;
  const kept = await io.store.read(key);
  if (kept !== null) return parse(kept.toString('latin1'));
  const options = { suite: suite!.suite, arch, components, mirrors, store: io.store };
  const lines: string[] = [];
  for (const component of components) {
    // Ubuntu has one file for all components.
    const paths = [`${component}/Contents-${arch}`, `Contents-${arch}`];
    const path = paths.find((one) => release.files.has(`${one}.gz`));
    if (path === undefined) throw noContents(suite!.suite);
    const { text } = await readIndex(release, path, options);
    lines.push(...libraryLines(text));
  }
  const text = lines.join('');
  await io.store.write(key, Buffer.from(text, 'latin1'));
  return parse(text);
}

/** Libraries in folders that a dynamic linker searches by itself. */
const FOLDER = /^(usr\/)?lib(32|64|x32)?\/([a-z0-9_]+-linux-gnu[a-z0-9]*\/)?$/;

/** `usr/lib/x86_64-linux-gnu/libz.so.1   libs/zlib1g,…`: a path without spaces, and who has it; null for others. */
function readLine(
  line: string,
): { readonly folder: string; readonly name: string; readonly list: string } | null {
  const [path = '', list, ...more] = line.split(/[ \t]+/);
  if (list === undefined || list === '' || more.length > 0) return null;
  const slash = path.lastIndexOf('/') + 1;
  return { folder: path.slice(0, slash), name: path.slice(slash), list };
}

function* libraryLines(contents: Buffer): Generator<string> {
  let end = 0;
  for (let at = contents.indexOf('.so'); at !== -1; at = contents.indexOf('.so', end)) {
    const start = contents.lastIndexOf('\n', at) + 1;
    end = contents.indexOf('\n', at);
    if (end === -1) end = contents.length;
    const line = contents.toString('latin1', start, end);
    const read = readLine(line);
    if (read !== null && FOLDER.test(read.folder) && /.\.so(\.|$)/.test(read.name)) yield `${line}\n`;
  }
}

function parse(text: string): LibraryOwners {
  const owners = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const read = readLine(line);
    if (read === null) continue;
    const { folder, name, list } = read;
    const packages = list.split(',').map((entry) => entry.slice(entry.lastIndexOf('/') + 1));
    const hasTriplet = folder.includes('-linux-gnu');
    const before = owners.get(name) ?? [];
    owners.set(name, hasTriplet ? [...packages, ...before] : [...before, ...packages]);
  }
  return owners;
}

function noContents(suite: string): MkbaseError {
  return new MkbaseError('usage/no-contents', `the archive does not list the contents of \`${suite}\``, {
    hint: 'take the libraries of this machine: `--with-libs` without `--from`',
  });
}
