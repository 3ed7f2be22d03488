import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { LOCK_SECTIONS } from '../../src/families/index.ts';
import { type LockContent, makeLock, sorted } from '../../src/lock/lock.ts';
import { checkLockable, readLocks, writeLocks } from '../../src/lock/lock-file.ts';
import { APT_FAMILY } from '../support/lock.ts';

const HEX = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const RECIPE = {
  ...{ name: 'debian:bookworm', distribution: 'debian', suite: 'bookworm', release: '12' },
  digest: HEX,
};
const content: LockContent = {
  recipe: RECIPE,
  arch: 'amd64',
  variant: 'minbase',
  components: ['main'],
  options: {
    include: ['hello'],
    exclude: [],
    scripts: 'run',
  },
  pathRules: ['path-exclude=/usr/share/doc/*'],
  image: {
    files: [{ path: 'etc/apt/sources.list', mode: 0o644, content: 'deb http://x y z\n' }],
    accounts: [{ name: 'app', uid: 10001, gid: 10001, home: '/nonexistent', shell: '/bin/sh' }],
    additions: null,
    hooks: [{ phase: 'customize', digest: 'c'.repeat(64) }],
    keepSecrets: false,
    settings: {},
    annotations: {},
    created: null,
  },
  family: APT_FAMILY,
  indexes: [
    {
      pocket: 'release',
      suite: 'bookworm',
      uri: 'http://ftp.debian.org/debian',
      digest: HEX,
      date: '2026-07-11T10:16:37Z',
      signedBy: 'AB'.repeat(20),
    },
  ],
  checksOff: [],
  packages: [pack('hello'), pack('bash'), { ...pack('bash'), arch: 'all' }],
  epoch: null,
};
const made = (change: LockContent) => makeLock(change, LOCK_SECTIONS.apt!);
const read = async (text: string) => readLocks(text, 'x', LOCK_SECTIONS);
const schema = JSON.parse(readFileSync(new URL('../../docs/lock.schema.json', import.meta.url), 'utf8'));

describe('makeLock', () => {
  test('keeps the order of packages; `sorted` gives apt’s, by name, then architecture', () => {
    const names = (packages: LockContent['packages']) => packages.map(({ name, arch }) => `${name}:${arch}`);
    const { packages } = made(content);
    expect(names(packages)).toEqual(['hello:amd64', 'bash:amd64', 'bash:all']);
    expect(names(sorted(packages))).toEqual(['bash:all', 'bash:amd64', 'hello:amd64']);
  });

  const digests = (change: Partial<LockContent>) => {
    const [before, after] = [made(content), made({ ...content, ...change })];
    return {
      inputs: before.inputsDigest !== after.inputsDigest,
      lock: before.lockDigest !== after.lockDigest,
    };
  };
  const [index] = content.indexes;
  test.each<[string, Partial<LockContent>, { inputs: boolean; lock: boolean }]>([
    ['nothing', {}, { inputs: false, lock: false }],
    ['the order of packages', { packages: content.packages.toReversed() }, { inputs: false, lock: true }],
    ['the epoch', { epoch: 1 }, { inputs: false, lock: false }],
    [
      'the date of an index',
      { indexes: [{ ...index!, date: '2027-01-01T00:00:00Z' }] },
      { inputs: false, lock: false },
    ],
    [
      'the digest of an index',
      { indexes: [{ ...index!, digest: '0'.repeat(64) }] },
      { inputs: true, lock: false },
    ],
    [
      'what the recipe prefers',
      { recipe: { ...RECIPE, digest: '0'.repeat(64) } },
      { inputs: true, lock: false },
    ],
    ['the name of the suite', { recipe: { ...RECIPE, name: 'acme:one' } }, { inputs: true, lock: true }],
    ['its release', { recipe: { ...RECIPE, release: '13' } }, { inputs: false, lock: false }],
    ['an official address', { indexes: [{ ...index!, uri: 'http://x/y' }] }, { inputs: false, lock: false }],
    [
      'the address of a source of the user',
      { indexes: [{ ...index!, uri: 'http://x/y', own: { checksOff: [] } }] },
      { inputs: true, lock: false },
    ],
    ['a package', { packages: [pack('hello', '2')] }, { inputs: false, lock: true }],
    ['an exclusion', { pathRules: [] }, { inputs: true, lock: true }],
    ['an image setting', { image: { ...content.image, keepSecrets: true } }, { inputs: true, lock: true }],
    [
      'what the family puts into the image',
      { family: { ...APT_FAMILY, image: { ...APT_FAMILY.image, mergedUsr: false } } },
      { inputs: true, lock: true },
    ],
    [
      'what the family was asked for',
      { family: { ...APT_FAMILY, options: { ...APT_FAMILY.options, recommends: true } } },
      { inputs: true, lock: false },
    ],
    [
      'answers for debconf',
      { family: { ...APT_FAMILY, options: { ...APT_FAMILY.options, debconfSelections: HEX } } },
      { inputs: true, lock: true },
    ],
    [
      'local content',
      { image: { ...content.image, additions: '0'.repeat(64) } },
      { inputs: true, lock: true },
    ],
    [
      'an option of the choice',
      { options: { ...content.options, include: [] } },
      { inputs: true, lock: false },
    ],
    [
      'an option of the result',
      { options: { ...content.options, scripts: 'skip' } },
      { inputs: true, lock: true },
    ],
    ['a check that is off', { checksOff: ['valid-until'] }, { inputs: true, lock: false }],
  ])('%s decides about the digests', (_, change, expected) => {
    expect(digests(change)).toEqual(expected);
  });
});

describe('the lock file', () => {
  const lock = made(content);
  const text = writeLocks([lock]);

  test('has a line for each package and index, and its keys in order', () => {
    expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(schema.properties));
    expect(text.split('\n').filter((line) => line.includes('"path": "pool/'))).toHaveLength(3);
    expect(text).toContain(`    { "name": "bash", "version": "1", "arch": "all", "pocket": "release", `);
    expect(text).toContain('  "components": ["main"],\n');
    expect(text.endsWith('"\n}\n')).toBe(true);
  });

  test('is read back as it was, and written the same whatever the order of keys', async () => {
    expect(await read(text)).toEqual([lock]);
    const reversed = Object.fromEntries(Object.entries(lock).toReversed()) as unknown as typeof lock;
    expect(writeLocks([reversed])).toBe(text);
    const empty = made({ ...content, packages: [], indexes: [], components: [], pathRules: [] });
    expect(await read(writeLocks([empty]))).toEqual([empty]);
  });

  test('holds an array where there are several architectures', async () => {
    const locks = [lock, made({ ...content, arch: 'arm64' })];
    expect(await read(writeLocks(locks))).toEqual(locks);
  });

  test('fulfils the published schema', () => {
    const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(schema);
    expect(validate(JSON.parse(text)) || validate.errors).toBe(true);
  });

  const changed = (change: object): string => JSON.stringify({ ...lock, ...change });
  test.each<[string, string, string]>([
    ['no JSON', '{', 'JSON'],
    ['no object', '3', 'is not of type object'],
    ['no lock', '[]', 'it is empty'],
    ['an architecture twice', `[${text},${text}]`, 'architecture `amd64` is in it twice'],
    ['a member too little', JSON.stringify({ ...lock, arch: undefined }), '`arch` is missing'],
    ['a member too much', changed({ extra: 1 }), '`extra` is not known'],
    ['a wrong type', changed({ epoch: 1.5 }), '`epoch` is not of type integer or null'],
    ['a wrong word', changed({ variant: 'a b' }), '`variant` does not have the form'],
    ['a digest of another form', changed({ lockDigest: 'abc' }), '`lockDigest` does not have the form'],
    [
      'a path out of the mirror',
      changed({ packages: [{ ...pack('a'), path: 'pool/../../x' }] }),
      '`packages[0].path`',
    ],
    ['an absolute path', changed({ packages: [{ ...pack('a'), path: '/pool/x' }] }), '`packages[0].path`'],
    [
      'a size below one',
      changed({ packages: [{ ...pack('a'), size: 0 }] }),
      '`packages[0].size` is out of range',
    ],
    ...['.', 'opt/', 'opt//x', 'opt/./x', '../x', 'a'.repeat(300)].map((path): [string, string, string] => [
      `a file of the image at ${path.slice(0, 20)}`,
      changed({ image: { ...content.image, files: [{ path, mode: 0o644, content: '' }] } }),
      '`image.files[0].path`',
    ]),
    ['a package twice', changed({ packages: [pack('a'), pack('a')] }), '`a:amd64` is in it twice'],
    ['an unknown format', changed({ version: 0 }), '`version` is not 2'],
  ])('%s is refused', async (_, bad, reason) => {
    await expect(read(bad)).rejects.toMatchObject({
      code: 'lock/malformed',
      message: expect.stringContaining(reason),
    });
  });

  test('of a family that is not known says so', async () => {
    const family = { name: 'rpm', options: {}, image: {} };
    await expect(read(changed({ family }))).rejects.toMatchObject({ code: 'lock/unknown-family' });
    await expect(read(changed({ family: { name: 'apk', options: { x: 1 }, image: {} } }))).rejects.toThrow(
      '`family.options.x` is not known',
    );
  });

  test('each family’s section is in the published schema', () => {
    expect(Object.keys(schema.$defs)).toEqual(Object.keys(LOCK_SECTIONS));
    for (const [name, { schema: form }] of Object.entries(LOCK_SECTIONS)) {
      expect(schema.$defs[name]).toEqual({ type: 'object', properties: { name: { const: name }, ...form } });
    }
  });

  test('ajv and mkbase refuse the same', () => {
    const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(schema);
    for (const bad of [
      { extra: 1 },
      { epoch: 1.5 },
      { variant: 'a b' },
      { family: { ...APT_FAMILY, image: {} } },
      { family: { ...APT_FAMILY, name: 'rpm' } },
      { packages: [{ ...pack('a'), path: '../x' }] },
    ]) {
      expect(validate({ ...lock, ...bad })).toBe(false);
    }
  });

  test('a newer format says so, whatever else is in it', async () => {
    await expect(read('{"version":3}')).rejects.toMatchObject({ code: 'lock/newer-format' });
  });

  test.each([
    ['a package', { packages: [pack('hello', '9')] }],
    ['an index', { indexes: [] }],
    ['an exclusion', { pathRules: [] }],
  ])('a change of %s by hand is seen', async (_, change) => {
    await expect(read(changed(change))).rejects.toMatchObject({ code: 'lock/digest-mismatch' });
  });
});

function pack(name: string, version = '1'): LockContent['packages'][number] {
  const path = `pool/${name}_${version}.deb`;
  return {
    name,
    version,
    arch: 'amd64',
    pocket: 'release',
    path,
    size: 1,
    digest: `sha256:${HEX}`,
    reason: 'requested',
  };
}

describe('what an index says of a package', () => {
  test.each<[string, string | number]>([
    ['version', '1\x1b[31mred'],
    ['version', '1 2'],
    ['arch', 'a/b'],
    ['path', 'pool/../x'],
    ['path', 'pool/a\nb'],
    ['size', 0],
  ])('may not be a %s that no lock may hold: %j', (field, value) => {
    expect(() => checkLockable([{ ...pack('hello'), [field]: value }])).toThrow(
      expect.objectContaining({
        code: 'package/bad-field',
        message: expect.stringMatching(
          new RegExp(`^the index gives \`hello\` the ${field} \`[ -~]*\`, which`),
        ),
      }),
    );
  });

  test('is taken where a lock may hold it', () => {
    for (const digest of [`sha512:${'a'.repeat(128)}`, `apk:${'b'.repeat(40)}`]) {
      expect(() => checkLockable([pack('hello'), { ...pack('a'), digest }])).not.toThrow();
    }
  });
});
