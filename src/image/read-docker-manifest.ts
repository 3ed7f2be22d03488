/** The `manifest.json` of docker's archives: layers and a configuration, without digests of their own. */
import { createHash } from 'node:crypto';
import { MkbaseError, quoted } from '../errors.ts';
import type { Codec } from '../formats/compress.ts';
import { codecOfBytes } from '../formats/decompress-stream.ts';
import { bytesBlob, type Digest, descriptorOf, jsonBlob } from './blob.ts';
import { chooseImage } from './choose.ts';
import type { Image, Layer } from './image.ts';
import { layerContent } from './layer-content.ts';
import { LAYER_CODECS, type LayerCodec, MEDIA_TYPES } from './media-types.ts';
import { MAX_LAYERS, readConfig, verified } from './read-image.ts';
import { asArray, asObject, asText, badDocument, parseArray, tooLarge } from './read-json.ts';
import { type ImageFiles, smallFile } from './read-layout.ts';

interface DockerEntry {
  readonly config: string;
  readonly layers: readonly string[];
  readonly names: readonly string[];
}

const WHAT = '`manifest.json`';

/**
 * The image of that name, or the only one. It gets OCI's media types, since its manifest is written anew;
 * each layer is held against the digest that the configuration has for it.
 *
 * @throws MkbaseError `image/bad-document`, `image/no-such-name`, `image/name-needed`,
 *   `image/missing-blob`, `image/digest-mismatch`
 */
export async function readDockerManifest(files: ImageFiles, name: string | null): Promise<Image> {
  const candidates = (await dockerEntries(files)).map((item) => ({
    item,
    names: item.names,
    id: item.config,
  }));
  const entry = chooseImage(candidates, { name, where: files.name });
  const bytes = await smallFile(files, entry.config);
  if (bytes === null) throw missing(entry.config, files.name);
  const config = bytesBlob(MEDIA_TYPES.oci.config, bytes);
  const { platform, diffIds } = await readConfig(config);
  if (diffIds.length !== entry.layers.length) {
    throw badDocument(WHAT, `it has ${entry.layers.length} layers, and the configuration ${diffIds.length}`);
  }
  if (diffIds.length > MAX_LAYERS) throw tooLarge(WHAT, `${diffIds.length} layers`);
  const layers: Layer[] = [];
  for (const [at, path] of entry.layers.entries()) layers.push(await readLayer(files, path, diffIds[at]!));
  const manifest = jsonBlob(MEDIA_TYPES.oci.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.oci.manifest,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
  });
  return { kind: 'image', platform, config, layers, manifest };
}

async function dockerEntries(files: ImageFiles): Promise<readonly DockerEntry[]> {
  const bytes = await smallFile(files, 'manifest.json');
  return parseArray(bytes ?? Buffer.alloc(0), WHAT).map((one) => {
    const { Config, Layers, RepoTags } = asObject(one, WHAT);
    const texts = (value: unknown) => asArray(value, WHAT).map((text) => asText(text, WHAT));
    return {
      config: asText(Config, WHAT),
      layers: Layers === null ? [] : texts(Layers),
      names: RepoTags === undefined || RepoTags === null ? [] : texts(RepoTags),
    };
  });
}

async function readLayer(files: ImageFiles, path: string, diffId: Digest): Promise<Layer> {
  const file = await files.find(path);
  if (file === null) throw missing(path, files.name);
  const codec = await codecOfFile(file);
  const packed = createHash('sha256');
  const open = async function* () {
    for await (const piece of file.open()) {
      packed.update(piece);
      yield piece;
    }
  };
  // Docker's archives have no digests of layers as they are packed: it is found on the way.
  for await (const _ of layerContent({ open, diffId }));
  const mediaType = MEDIA_TYPES.oci.layer[codec];
  const digest: Digest = `sha256:${packed.digest('hex')}`;
  return { ...verified({ mediaType, digest, size: file.size, open: file.open }), diffId };
}

async function codecOfFile(file: { readonly open: Layer['open'] }): Promise<LayerCodec> {
  for await (const piece of file.open()) {
    const codec: Codec = codecOfBytes(piece);
    const known = LAYER_CODECS.find((name) => name === codec);
    if (known !== undefined) return known;
    throw badDocument(WHAT, `a layer is packed with ${codec}, which no image has`);
  }
  return 'none';
}

function missing(path: string, where: string): MkbaseError {
  return new MkbaseError('image/missing-blob', `${quoted(path)} is missing in \`${where}\``, {
    hint: 'save the image again',
  });
}
