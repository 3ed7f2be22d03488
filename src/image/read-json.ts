/** Documents of images that others made, checked field by field. */
import { MkbaseError, quoted, reasonOf } from '../errors.ts';
import type { Descriptor, Digest, Platform } from './blob.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws MkbaseError `image/bad-document`, as all here */
export function parseObject(bytes: Buffer, what: string): JsonObject {
  return asObject(parse(bytes, what), what);
}

export function parseArray(bytes: Buffer, what: string): readonly unknown[] {
  return asArray(parse(bytes, what), what);
}

function parse(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw badDocument(what, reasonOf(error), error);
  }
}

export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw badDocument(what, 'it is not an object');
}

export function asArray(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw badDocument(what, 'it is not a list');
}

export function asText(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw badDocument(what, 'it is not a text');
}

export function asDigest(value: unknown, what: string): Digest {
  const text = asText(value, what);
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return text as Digest;
  throw badDocument(what, `${quoted(text)} is not a sha256 digest`);
}

/** A text for each name; nothing where it is left out or null, as Go writes an empty map. */
export function asTexts(value: unknown, what: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  return Object.fromEntries(
    Object.entries(asObject(value, what)).map(([name, text]) => [name, asText(text, what)]),
  );
}

/** OCI image specification, descriptor.md. */
export function asDescriptor(value: unknown, what: string): Descriptor {
  const { mediaType, digest, size, annotations, artifactType, platform } = asObject(value, what);
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw badDocument(what, 'it has no size');
  return {
    mediaType: asText(mediaType, what),
    digest: asDigest(digest, what),
    size: size as number,
    ...(artifactType !== undefined && { artifactType: asText(artifactType, what) }),
    ...(annotations !== undefined && { annotations: asTexts(annotations, what) }),
    ...(platform !== undefined && { platform: asPlatform(platform, what) }),
  };
}

/** The platform of an index's entry or of a configuration: both have these fields. */
export function asPlatform(value: unknown, what: string): Platform {
  const { architecture, os, variant } = asObject(value, what);
  return {
    architecture: asText(architecture, what),
    os: asText(os, what),
    ...(variant !== undefined && variant !== '' && { variant: asText(variant, what) }),
  };
}

export function badDocument(what: string, reason: string, cause?: unknown): MkbaseError {
  return new MkbaseError('image/bad-document', `${what} of the image is not sound: ${reason}`, {
    hint: 'copy the image again from where it was made',
    cause,
  });
}

/** @returns an error `image/too-large`; `size` is a text such as "4 bytes" */
export function tooLarge(what: string, size: string): MkbaseError {
  return new MkbaseError('image/too-large', `${what} of the image has ${size}, more than the limit`, {
    hint: 'copy the image again from where it was made',
  });
}
