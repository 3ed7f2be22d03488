import { expect, test } from 'vitest';
import { imageWarnings } from '../../src/image/image-warnings.ts';

const PLAIN = { settings: {}, format: 'oci', compression: 'gzip' } as const;
const CHECKED = { ...PLAIN, settings: { healthcheck: { test: ['CMD', 'true'] } } };

test('an image that everything takes as it is gives no warning', () => {
  expect(imageWarnings(PLAIN)).toEqual([]);
  expect(imageWarnings({ ...CHECKED, format: 'docker' })).toEqual([]);
  expect(imageWarnings({ ...PLAIN, settings: { healthcheck: { test: ['NONE'] } } })).toEqual([]);
});

test("a health check in OCI's format is one that podman does not see", () => {
  expect(imageWarnings(CHECKED)).toEqual([expect.stringContaining('--format=docker')]);
});

test('zstd is what some cannot load', () => {
  expect(imageWarnings({ ...PLAIN, compression: 'zstd' })).toEqual([
    expect.stringContaining('docker before 23'),
  ]);
});
