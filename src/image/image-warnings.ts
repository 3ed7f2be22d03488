import type { ImageFormat, LayerCodec } from './media-types.ts';
import type { ImageSettings } from './settings.ts';

export interface ImageChoices {
  readonly settings: ImageSettings;
  readonly format: ImageFormat;
  readonly compression: LayerCodec;
}

/** Features of the image that engines in use ignore or refuse, tried with each of them. */
export function imageWarnings({ settings, format, compression }: ImageChoices): readonly string[] {
  const isChecked = settings.healthcheck !== undefined && settings.healthcheck.test[0] !== 'NONE';
  return [
    ...(isChecked && format === 'oci'
      ? ["podman leaves a health check out of an image in OCI's format: `--format=docker` keeps it"]
      : []),
    ...(compression === 'zstd' ? ['docker before 23 and umoci cannot read a layer that zstd packed'] : []),
  ];
}
