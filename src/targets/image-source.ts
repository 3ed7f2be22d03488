import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MkbaseError } from '../errors.ts';
import { saveFromDaemon } from '../image/docker-daemon.ts';
import { type ArchiveKind, type OpenImage, openArchive, openArchiveStream } from '../image/read-archive.ts';
import { directoryFiles, readLayout } from '../image/read-layout.ts';
import { familiarName, parseReference, type Reference } from '../image/reference.ts';
import { pullImage } from '../registry/pull-image.ts';
import { type RegistrySettings, registrySession, type Session } from '../registry/session.ts';

/** Where an image is read from. Paths are absolute; a name is null where the only image is meant. */
export type ImageSource =
  | { readonly kind: 'oci'; readonly path: string; readonly name: string | null }
  | { readonly kind: ArchiveKind; readonly path: string; readonly name: string | null }
  | { readonly kind: 'docker' | 'docker-daemon'; readonly reference: Reference };

/**
 * IMAGE as the user wrote it, named as targets are: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`,
 * `docker-archive:FILE[:NAME]`, `docker-daemon:NAME`, `docker://NAME`; or a path alone, with a name after
 * a colon, whose kind is detected from its contents.
 */
export async function parseImageSource(text: string, cwd: string): Promise<ImageSource> {
  const [, transport, rest = ''] =
    /^(oci|oci-archive|docker-archive|docker-daemon|docker(?=:\/\/)):(?:\/\/)?(.*)$/s.exec(text) ?? [];
  if (transport === 'docker' || transport === 'docker-daemon') {
    return { kind: transport, reference: parseReference(rest) };
  }
  const { path, name } = await splitName(transport === undefined ? text : rest, cwd);
  if (transport !== undefined) return { kind: transport as 'oci' | ArchiveKind, path, name };
  const stats = await stat(path).catch(() => null);
  if (stats !== null) return { kind: stats.isDirectory() ? 'oci' : 'any', path, name };
  throw new MkbaseError('image/not-found', `there is no \`${text}\``, {
    hint: 'IMAGE is an OCI layout, an archive or `docker://NAME`; see TARGET in mkbase(1) for its forms',
  });
}

/** At the first colon, unless there is a file of the whole name. */
async function splitName(text: string, cwd: string): Promise<{ path: string; name: string | null }> {
  const whole = resolve(cwd, text);
  const colon = text.indexOf(':');
  const isWhole = colon === -1 || (await stat(whole).catch(() => null)) !== null;
  if (isWhole) return { path: whole, name: null };
  return { path: resolve(cwd, text.slice(0, colon)), name: text.slice(colon + 1) };
}

export interface OpenOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** How registries are spoken with. */
  readonly registry?: RegistrySettings;
  readonly log?: (line: string) => void;
  /** Where it is shared with what is to be written to registries. */
  readonly session?: Session;
}

/** Opens it; its blobs can be read until it is closed. */
export async function openImage(source: ImageSource, options: OpenOptions): Promise<OpenImage> {
  const { env, signal, registry = {}, log = () => {} } = options;
  const { session = registrySession({ env, signal, log, ...registry }) } = options;
  switch (source.kind) {
    case 'docker':
      return { image: await pullImage(source.reference, session), async close() {} };
    case 'docker-daemon': {
      const name = familiarName(source.reference);
      const archive = await saveFromDaemon(name, { env, signal });
      return openArchiveStream(archive, `docker-daemon:${name}`, { kind: 'any', name: null });
    }
    case 'oci':
      return { image: await readLayout(directoryFiles(source.path), source.name), async close() {} };
    default:
      return openArchive(source.path, source);
  }
}
