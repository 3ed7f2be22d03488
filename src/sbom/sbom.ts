/** Bills of materials of what Locks describe, and where they go. */
import type { Durability } from '../durable.ts';
import { MkbaseError } from '../errors.ts';
import { bytesBlob } from '../image/blob.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import { replaceFile } from '../image/replace-file.ts';
import type { Surroundings } from '../job.ts';
import type { Lock } from '../lock/lock.ts';
import { LOCK_TYPE, writeLocks } from '../lock/lock-file.ts';
import { type Attachment, companionOf } from '../registry/attachment.ts';
import type { Companion } from '../registry/companion.ts';
import { type Target, targetName } from '../targets/target.ts';
import { programVersion } from '../version.ts';
import { cyclonedxDocument } from './cyclonedx.ts';
import type { SbomFormat } from './format.ts';
import { spdxDocument } from './spdx.ts';

const FORMS = {
  // Scanners know the endings, registries the media types.
  spdx: { document: spdxDocument, ending: 'spdx.json', mediaType: 'application/spdx+json' },
  cyclonedx: { document: cyclonedxDocument, ending: 'cdx.json', mediaType: 'application/vnd.cyclonedx+json' },
} as const;

/** The document of one lock. */
export async function sbomText(
  lock: Lock,
  format: SbomFormat,
  options: Omit<SbomOptions, 'formats'>,
): Promise<string> {
  const [sbom] = await makeSboms([lock], { formats: [format], ...options });
  return sbom!.text;
}

export interface Sbom {
  readonly format: SbomFormat;
  /** The index of its lock. */
  readonly of: number;
  readonly text: string;
}

export interface SbomOptions {
  readonly formats: readonly SbomFormat[];
  readonly cacheDir: string;
  readonly surroundings: Surroundings;
}

/**
 * One a lock and format. Nothing of the image itself is read: its own package database could have been
 * changed by any script that ran in it.
 */
export async function makeSboms(
  locks: readonly Lock[],
  { formats, cacheDir, surroundings }: SbomOptions,
): Promise<readonly Sbom[]> {
  if (formats.length === 0) return [];
  const [{ openCache }, { inventoryOf }, { readFacts }] = await Promise.all([
    import('../cache.ts'),
    import('./inventory.ts'),
    import('./facts.ts'),
  ]);
  const cache = openCache({ cacheDir, offline: true }, surroundings);
  const sboms: Sbom[] = [];
  for (const [of, lock] of locks.entries()) {
    const inventory = inventoryOf(lock, await readFacts(lock, cache));
    for (const format of formats) {
      const document = FORMS[format].document(inventory, programVersion());
      sboms.push({ format, of, text: `${JSON.stringify(document, null, 1)}\n` });
    }
  }
  return sboms;
}

/** Refuses, before any work, to make what no target has a place for. */
export function checkSbomPlace(formats: readonly SbomFormat[], targets: readonly Target[]): void {
  if (formats.length === 0 || targets.some((target) => 'path' in target || target.kind === 'docker')) return;
  throw new MkbaseError(
    'usage/conflict',
    `there is no place for \`--sbom\` beside \`${targetName(targets[0]!)}\``,
    {
      hint: 'it is written beside a file or directory and pushed into a registry: add such a target with `--to`',
    },
  );
}

/** Writes them beside the first target that is a path; with the architecture where there are several. */
export async function writeSboms(
  sboms: readonly Sbom[],
  locks: readonly Lock[],
  targets: readonly Target[],
  { fsync = true }: Durability = {},
): Promise<readonly string[]> {
  const beside = targets.find((target): target is Target & { path: string } => 'path' in target);
  if (beside === undefined) return [];
  const files = sboms.map(({ format, of, text }) => {
    const middle = locks.length === 1 ? '' : `.${locks[of]!.arch}`;
    return { name: `${beside.path}${middle}.${FORMS[format].ending}`, text };
  });
  for (const { name, text } of files) await replaceFile(name, [Buffer.from(text)], { fsync });
  return files.map(({ name }) => name);
}

/** For registries: each beside the image of its architecture. */
export function attachmentsOf(sboms: readonly Sbom[], image: Image | ImageIndex): readonly Attachment[] {
  const images = image.kind === 'index' ? image.images : [image];
  return sboms.map(({ format, of, text }) => {
    const { mediaType } = FORMS[format];
    return {
      artifactType: mediaType,
      subject: images[of]!.manifest,
      blob: bytesBlob(mediaType, Buffer.from(text)),
    };
  });
}

/** The same with the locks that they were made from, so that they can be made again in another form. */
export function documentsOf(
  sboms: readonly Sbom[],
  locks: readonly Lock[],
  image: Image | ImageIndex,
): readonly Companion[] {
  if (sboms.length === 0) return [];
  const blob = bytesBlob(LOCK_TYPE, Buffer.from(writeLocks(locks)));
  const lock = { artifactType: LOCK_TYPE, subject: image.manifest, blob };
  return [lock, ...attachmentsOf(sboms, image)].map(companionOf);
}
