/** Archives of images as deterministic tars: for podman and skopeo an OCI layout, for docker its own manifest. */
import { endOfTar, tarHeader, tarPadding } from '../formats/tar-writer.ts';
import { type Blob, bytesBlob } from './blob.ts';
import type { Image, ImageIndex } from './image.ts';
import { blobPath, type LayoutName, layoutFiles } from './layout.ts';
import { familiarName, fullName, type Reference, tagOf } from './reference.ts';

interface ArchiveFile {
  readonly path: string;
  readonly blob: Blob;
}

/** A layout in a tar, image-layout.md; one entry a tag. */
export function ociArchive(image: Image | ImageIndex, tags: readonly string[]): AsyncIterable<Buffer> {
  return tarOf(
    layoutFiles(
      image,
      tags.map((tag) => ({ tag, full: null })),
    ),
  );
}

/**
 * A layout and docker's `manifest.json` over the same blobs in one file: `docker load` reads the one,
 * podman and skopeo the other. The layout has one entry only, of the first name: with several podman
 * would fall back to docker's manifest, and give another digest.
 */
export function dockerArchive(image: Image, names: readonly Reference[]): AsyncIterable<Buffer> {
  const [first] = names;
  const name: LayoutName = first === undefined ? NAMELESS : { tag: tagOf(first), full: fullName(first) };
  const manifest = [
    {
      Config: blobPath(image.config),
      RepoTags: names.map(familiarName),
      Layers: image.layers.map(blobPath),
    },
  ];
  return tarOf([...layoutFiles(image, [name]), { path: 'manifest.json', blob: json(manifest) }]);
}

/** A layout in a tar whose entries have full names: engines with containerd's store load this form. */
export function namedArchive(image: Image | ImageIndex, names: readonly Reference[]): AsyncIterable<Buffer> {
  return tarOf(
    layoutFiles(
      image,
      names.map((name) => ({ tag: tagOf(name), full: fullName(name) })),
    ),
  );
}

const NAMELESS: LayoutName = { tag: null, full: null };

function json(value: unknown): Blob {
  return bytesBlob('', Buffer.from(JSON.stringify(value)));
}

async function* tarOf(files: readonly ArchiveFile[]): AsyncGenerator<Buffer> {
  for (const directory of ['blobs/', 'blobs/sha256/']) yield header(directory, 0);
  for (const { path, blob } of files) {
    yield header(path, blob.size);
    yield* blob.open();
    yield tarPadding(blob.size);
  }
  yield endOfTar();
}

/** Times would make two archives of the same image differ. */
function header(path: string, size: number): Buffer {
  const isDirectory = path.endsWith('/');
  return tarHeader({
    path,
    size,
    type: isDirectory ? 'dir' : 'file',
    mode: isDirectory ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    link: '',
    major: 0,
    minor: 0,
  });
}
