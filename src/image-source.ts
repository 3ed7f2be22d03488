import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MkbaseError } from './errors.ts';
import { type ArchiveKind, type OpenImage, openArchive } from './image/read-archive.ts';
import { directoryFiles, readLayout } from './image/read-layout.ts';

/** Where an image is read from. Paths are absolute; a name is null where the only image is meant. */
export type ImageSource =
  | { readonly kind: 'oci'; readonly path: string; readonly name: string | null }
  | {
      readonly kind: 'archive';
      readonly archive: ArchiveKind;
      readonly path: string;
      readonly name: string | null;
    };

/**
 * IMAGE as the user wrote it: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME]`,
 * or a path alone, with a name after a colon, of which what is there tells the kind.
 */
export async function parseImageSource(text: string, cwd: string): Promise<ImageSource> {
  const [, transport, rest = ''] = /^(oci|oci-archive|docker-archive):(.*)$/s.exec(text) ?? [];
  const { path, name } = await splitName(transport === undefined ? text : rest, cwd);
  if (transport === 'oci') return { kind: 'oci', path, name };
  if (transport !== undefined) return { kind: 'archive', archive: transport as ArchiveKind, path, name };
  const stats = await stat(path).catch(() => null);
  if (stats === null) {
    throw new MkbaseError('image/not-found', `there is no \`${text}\``, {
      hint: 'IMAGE is an OCI layout or an archive: `oci:DIR[:TAG]`, `docker-archive:FILE[:NAME]` or a path',
    });
  }
  return stats.isDirectory() ? { kind: 'oci', path, name } : { kind: 'archive', archive: 'any', path, name };
}

/** At the first colon, unless there is a file of the whole name. */
async function splitName(text: string, cwd: string): Promise<{ path: string; name: string | null }> {
  const whole = resolve(cwd, text);
  const colon = text.indexOf(':');
  const isWhole = colon === -1 || (await stat(whole).catch(() => null)) !== null;
  if (isWhole) return { path: whole, name: null };
  return { path: resolve(cwd, text.slice(0, colon)), name: text.slice(colon + 1) };
}

/** Opens it; what is read from it can be read until it is closed. */
export async function openImage(source: ImageSource): Promise<OpenImage> {
  if (source.kind === 'archive') return openArchive(source.path, { kind: source.archive, name: source.name });
  return { image: await readLayout(directoryFiles(source.path), source.name), async close() {} };
}
