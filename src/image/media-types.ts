/** The names of the image formats, apart so that the command line's tables load nothing more. */

export const FORMATS = ['oci', 'docker'] as const;
/** The origin of the media types: OCI, or Docker's image manifest, version 2, schema 2. */
export type ImageFormat = (typeof FORMATS)[number];

export const MEDIA_TYPES = {
  oci: {
    config: 'application/vnd.oci.image.config.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    layer: {
      none: 'application/vnd.oci.image.layer.v1.tar',
      gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
      zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
    },
  },
  docker: {
    config: 'application/vnd.docker.container.image.v1+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    layer: {
      none: 'application/vnd.docker.image.rootfs.diff.tar',
      gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
      zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
    },
  },
} as const;

/** How a layer may be packed; docker before 23 and umoci cannot read zstd. */
export const LAYER_CODECS = ['gzip', 'zstd', 'none'] as const;
export type LayerCodec = (typeof LAYER_CODECS)[number];
