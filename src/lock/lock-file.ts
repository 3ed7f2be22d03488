import { readFile } from 'node:fs/promises';
import { MkbaseError, quoted, reasonOf } from '../errors.ts';
import { findFault, firstFault, type JsonSchema } from '../json-schema.ts';
import { type ApkImage, type AptImage, inputsDigest, type Lock, lockDigest } from './lock.ts';

/** The media type of a lock file beside an image. */
export const LOCK_TYPE = 'application/vnd.dev.mkbase.lock.v1+json';

const VERSION = 1;
// From dist/src/lock, where this module runs.
const SCHEMA = new URL('../../../docs/lock.schema.json', import.meta.url);

/** The text of a lock file: a Lock, or an array of them where there are several architectures. */
export function writeLocks(locks: readonly Lock[]): string {
  if (locks.length === 1) return writeLock(locks[0]!);
  return `[\n${locks.map((lock) => writeLock(lock).trimEnd()).join(',\n')}\n]\n`;
}

/**
 * A Lock as its file holds it: UTF-8 JSON, keys always in the same order, a line for each package and
 * each index, so that a diff shows what changed and no more.
 */
function writeLock(lock: Lock): string {
  const { version, recipe, arch, variant, components, options, pathRules, image } = lock;
  const { indexes, checksOff, packages, epoch, inputsDigest, lockDigest } = lock;
  const members = [
    ['version', indented(version)],
    ['recipe', line({ name: recipe.name, digest: recipe.digest })],
    ['arch', line(arch)],
    ['variant', line(variant)],
    ['components', line(components)],
    ['options', indented(optionsInOrder(options))],
    ['pathRules', indented(pathRules)],
    ['image', indented(imageInOrder(image))],
    ['indexes', rows(indexes.map(indexInOrder))],
    ['checksOff', line(checksOff)],
    ['packages', rows(packages.map(packageInOrder))],
    ['epoch', line(epoch)],
    ['inputsDigest', line(inputsDigest)],
    ['lockDigest', line(lockDigest)],
  ];
  return `{\n${members.map(([key, value]) => `  "${key}": ${value}`).join(',\n')}\n}\n`;
}

/**
 * The Locks in `text`, one an architecture; `name` is its file's, for messages. Every member is checked,
 * and both digests.
 */
export async function readLocks(text: string, name: string): Promise<readonly Lock[]> {
  const schema = await lockSchema();
  const value = parsed(text, name);
  if (!Array.isArray(value)) return [checkedLock(value, name, schema)];
  const locks = value.map((item) => checkedLock(item, name, schema));
  const arches = locks.map(({ arch }) => arch);
  const twice = arches.find((arch, index) => arches.indexOf(arch) !== index);
  if (twice !== undefined) throw malformed(name, `architecture \`${twice}\` is in it twice`);
  if (locks.length === 0) throw malformed(name, 'it is empty');
  return locks;
}

/**
 * Refuses a package of which an index says what no lock may hold: `readLocks` would not take the lock again.
 *
 * @throws MkbaseError `package/bad-field`
 */
export async function checkLockable(packages: Lock['packages']): Promise<void> {
  const { properties } = await lockSchema();
  const { path: [place = 0, field = ''] = [] } = findFault(packages, properties!.packages!) ?? {};
  if (field === '') return;
  const { name, ...facts } = packages[Number(place)]!;
  const value = String({ name, ...facts }[field as keyof Lock['packages'][number]]);
  throw new MkbaseError(
    'package/bad-field',
    `the index gives ${quoted(name)} the ${field} ${quoted(value)}, which no package may have`,
    { hint: 'the archive is damaged or not to be trusted: take another mirror, or leave the package out' },
  );
}

async function lockSchema(): Promise<JsonSchema> {
  return JSON.parse(await readFile(SCHEMA, 'utf8')) as JsonSchema;
}

function checkedLock(value: unknown, name: string, schema: JsonSchema): Lock {
  const version = isRecord(value) ? value.version : undefined;
  if (typeof version === 'number' && version > VERSION) throw newerFormat(name, version);
  const fault = firstFault(value, schema);
  if (fault !== undefined) throw malformed(name, fault);
  const lock = value as Lock;
  const names = lock.packages.map((item) => `${item.name}:${item.arch}`);
  const twice = names.find((item, index) => names.indexOf(item) !== index);
  if (twice !== undefined) throw malformed(name, `package \`${twice}\` is in it twice`);
  if (lock.lockDigest !== lockDigest(lock) || lock.inputsDigest !== inputsDigest(lock)) throw mismatch(name);
  return lock;
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(name, reasonOf(error));
  }
}

function optionsInOrder(options: Lock['options']): Lock['options'] {
  const { include, exclude, scripts, apt } = options;
  if (apt === undefined) return { include, exclude, scripts };
  const { recommends, solver, preferences, debconfSelections, pins, snapshot, local } = apt;
  return {
    ...{ include, exclude, scripts },
    apt: {
      ...{ recommends, solver, preferences, debconfSelections },
      pins: pins.map(({ suite, priority }) => ({ suite, priority })),
      ...{ snapshot, local },
    },
  };
}

function imageInOrder(image: Lock['image']): Lock['image'] {
  const { files, accounts, additions, hooks, programs, keepSecrets, settings, annotations, created } = image;
  const { apt, apk } = image;
  return {
    files: files.map(({ path, mode, content, encoding }) => {
      return { path, mode, content, ...(encoding !== undefined && { encoding }) };
    }),
    accounts: accounts.map(({ name, uid, gid, home, shell }) => ({ name, uid, gid, home, shell })),
    additions,
    ...(hooks !== undefined && { hooks: hooks.map(({ phase, digest }) => ({ phase, digest })) }),
    ...(programs !== undefined && {
      programs: programs.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
    }),
    keepSecrets,
    settings,
    annotations,
    created,
    ...(apt !== undefined && { apt: aptInOrder(apt) }),
    ...(apk !== undefined && { apk: apkInOrder(apk) }),
  };
}

function apkInOrder({ rootPassword, releaseFiles, apkTools }: ApkImage): ApkImage {
  return { rootPassword, releaseFiles, ...(apkTools !== undefined && { apkTools }) };
}

function aptInOrder({ mergedUsr, silenced, dockerSettings, statusDirectory }: AptImage): AptImage {
  return { mergedUsr, silenced, dockerSettings, ...(statusDirectory !== undefined && { statusDirectory }) };
}

function indexInOrder(index: Lock['indexes'][number]): Lock['indexes'][number] {
  const { pocket, suite, digest, date, signedBy, own } = index;
  return {
    ...{ pocket, suite, digest, date, signedBy },
    ...(own !== undefined && { own: { uri: own.uri, checksOff: own.checksOff } }),
  };
}

function packageInOrder(item: Lock['packages'][number]): Lock['packages'][number] {
  const { name, version, arch, pocket, path, size, digest, reason, tag } = item;
  return {
    ...{ name, version, arch, pocket, path, size, digest, reason },
    ...(tag !== undefined && { tag }),
  };
}

function rows(values: readonly unknown[]): string {
  if (values.length === 0) return '[]';
  return `[\n${values.map((value) => `    ${line(value)}`).join(',\n')}\n  ]`;
}

/** On one line, with a space where JSON allows one. */
function line(value: unknown): string {
  return JSON.stringify(value, null, 1)
    .replace(/\n */g, ' ')
    .replaceAll(/^\[ | \]$/g, (end) => end.trim());
}

function indented(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', '\n  ');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function malformed(name: string, reason: string): MkbaseError {
  return new MkbaseError('lock/malformed', `cannot read the lock \`${name}\`: ${reason}`, {
    hint: 'take a lock that mkbase wrote, unchanged',
  });
}

function newerFormat(name: string, version: number): MkbaseError {
  return new MkbaseError(
    'lock/newer-format',
    `the lock \`${name}\` is of format ${version}, and this mkbase reads format ${VERSION}`,
    { hint: 'build with the mkbase that wrote it, or a newer one' },
  );
}

function mismatch(name: string): MkbaseError {
  return new MkbaseError(
    'lock/digest-mismatch',
    `the lock \`${name}\` was changed: its digest is not the one of its content`,
    { hint: 'take the lock as mkbase wrote it, or make a new one by building without `--lock`' },
  );
}
