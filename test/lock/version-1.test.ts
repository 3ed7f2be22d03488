/** Locks of version 1 as mkbase wrote them, by `mkbase lock` of 30 November 2026. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { compareSides } from '../../src/changes/compare.ts';
import { sideOfLocks } from '../../src/changes/side.ts';
import { LOCK_SECTIONS } from '../../src/families/index.ts';
import { digestLabels } from '../../src/lock/labels.ts';
import { makeLock } from '../../src/lock/lock.ts';
import { readLocks, writeLocks } from '../../src/lock/lock-file.ts';
import { inventoryOf } from '../../src/sbom/inventory.ts';

const textOf = (name: string) => readFileSync(new URL(`../golden/locks/${name}`, import.meta.url), 'utf8');
const read = (text: string) => readLocks(text, 'old.json', LOCK_SECTIONS)[0]!;

describe.each([
  [
    'debian-v1.json',
    {
      recipe: { name: 'debian:trixie', distribution: 'debian', suite: 'trixie', release: '13' },
      family: { name: 'apt', options: { pins: [{ suite: 'trixie-security', priority: 600 }] } },
      uri: 'http://ftp.debian.org/debian',
      purl: /^pkg:deb\/debian\/.*distro=debian-13/,
    },
  ],
  [
    'alpine-v1.json',
    {
      recipe: { name: 'alpine:v3.20', distribution: 'alpine', suite: 'v3.20', release: '3.20' },
      family: { name: 'apk', options: {}, image: { rootPassword: '*', releaseFiles: null } },
      uri: 'https://dl-cdn.alpinelinux.org/alpine',
      purl: /^pkg:apk\/alpine\/.*distro=alpine-3.20/,
    },
  ],
])('the lock of version 1 %s', (name, { recipe, family, uri, purl }) => {
  const text = textOf(name);
  const lock = read(text);

  test('is read with what its recipe says', () => {
    expect(lock).toMatchObject({ version: 1, recipe, family });
    expect(lock.options).toEqual({ include: expect.any(Array), exclude: [], scripts: 'run' });
    expect(lock.indexes[0]).toMatchObject({ uri });
  });

  test('keeps the digests by which images know it, and is written as it was', () => {
    const { inputsDigest, lockDigest } = JSON.parse(text);
    expect(digestLabels([{ ...lock, epoch: 1 }])).toEqual({
      'dev.mkbase.inputs.digest': `sha256:${inputsDigest}`,
      'dev.mkbase.lock.digest': `sha256:${lockDigest}`,
    });
    expect(JSON.parse(writeLocks([lock]))).toEqual(JSON.parse(text));
    const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(
      JSON.parse(readFileSync(new URL('../../docs/lock.v1.schema.json', import.meta.url), 'utf8')),
    );
    expect(validate(JSON.parse(text)) || validate.errors).toBe(true);
  });

  test('gives a bill of materials, and is compared with a lock of today', () => {
    const { system, packages } = inventoryOf(lock, new Map());
    expect(system).toEqual({ name: recipe.distribution, version: recipe.release });
    expect(packages[0]).toMatchObject({
      purl: expect.stringMatching(purl),
      url: expect.stringContaining(uri),
    });
    const today = makeLock(lock, LOCK_SECTIONS[family.name]!);
    expect(read(writeLocks([today]))).toEqual(today);
    expect(compareSides(sideOfLocks('a', [lock]), sideOfLocks('b', [today]))).toMatchObject({
      ...{ packages: [], request: [], settings: [] },
    });
  });

  test('is refused where somebody has changed it', () => {
    const changed = (change: object) => JSON.stringify({ ...JSON.parse(text), ...change });
    expect(() => read(changed({ pathRules: ['path-exclude=/x'] }))).toThrow('its digest is not the one');
    expect(() => read(changed({ family }))).toThrow('`family` is not known');
  });
});
