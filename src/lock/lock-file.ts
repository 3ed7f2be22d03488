import { readFileSync } from 'node:fs';
import { MkbaseError, quoted, reasonOf } from '../errors.ts';
import { findFault, firstFault, inSchemaOrder, type JsonSchema } from '../json-schema.ts';
import { inputsDigest, type Lock, lockDigest } from './lock.ts';
import type { LockSection, LockSections } from './section.ts';
import { digestsOfVersion1, fromVersion1, type LockV1, toVersion1 } from './version-1.ts';

/** The media type of a lock file beside an image. */
export const LOCK_TYPE = 'application/vnd.dev.mkbase.lock.v1+json';

const VERSION = 2;
// From dist/src/lock, where this module runs.
const DOCS = new URL('../../../docs/', import.meta.url);
const SCHEMAS = { 1: 'lock.v1.schema.json', 2: 'lock.schema.json' } as const;

/** The text of a lock file: a Lock, or an array of them where there are several architectures. */
export function writeLocks(locks: readonly Lock[]): string {
  if (locks.length === 1) return writeLock(locks[0]!);
  return `[\n${locks.map((lock) => writeLock(lock).trimEnd()).join(',\n')}\n]\n`;
}

/** Members that have lines of their own for what is in them; all others are on one. */
const LAYOUT: Readonly<Record<string, (value: unknown) => string>> = {
  ...{ options: indented, pathRules: indented, image: indented, family: indented },
  ...{ indexes: rows, packages: rows },
};

/**
 * A Lock as its file holds it: UTF-8 JSON, keys always in the order of the schema, a line for each package and
 * each index, so that a diff shows what changed and no more.
 */
function writeLock(lock: Lock): string {
  const value = lock.version === 1 ? toVersion1(lock) : lock;
  const members = Object.entries(inSchemaOrder(value, schemaOf(lock.version)) as object);
  const lines = members.map(([key, member]) => `  "${key}": ${(LAYOUT[key] ?? line)(member)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/**
 * The Locks in `text`, one an architecture; `name` is its file's, for messages. Every member is checked,
 * and both digests.
 */
export function readLocks(text: string, name: string, sections: LockSections): readonly Lock[] {
  const value = parsed(text, name);
  if (!Array.isArray(value)) return [checkedLock(value, name, sections)];
  const locks = value.map((item) => checkedLock(item, name, sections));
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
export function checkLockable(packages: Lock['packages']): void {
  const { properties } = schemaOf(2);
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

function schemaOf(version: Lock['version']): JsonSchema {
  const file = SCHEMAS[version];
  return JSON.parse(readFileSync(new URL(file, DOCS), 'utf8')) as JsonSchema;
}

/** The schema with what the family says of its section. */
function withSection(schema: JsonSchema, family: unknown, sections: LockSections): JsonSchema {
  const section = isRecord(family) ? sections[String(family.name)] : undefined;
  if (section === undefined) return schema;
  const common = schema.properties!.family!;
  const properties = { ...common.properties, ...section.schema };
  return { ...schema, properties: { ...schema.properties, family: { ...common, properties } } };
}

function checkedLock(value: unknown, name: string, sections: LockSections): Lock {
  const version = isRecord(value) ? value.version : undefined;
  if (typeof version === 'number' && version > VERSION) throw newerFormat(name, version);
  if (version === 1) return readVersion1(value, name, sections);
  const family = isRecord(value) ? value.family : undefined;
  const schema = withSection(schemaOf(2), family, sections);
  checkForm(value, name, schema);
  const lock = inSchemaOrder(value, schema) as Lock;
  const section = sectionOf(lock, name, sections);
  const digests = [lockDigest(lock, section), inputsDigest(lock, section)];
  if (lock.lockDigest !== digests[0] || lock.inputsDigest !== digests[1]) throw mismatch(name);
  return lock;
}

/** With all that this version does not say and its recipe does; its digests stay those by which images know it. */
function readVersion1(value: unknown, name: string, sections: LockSections): Lock {
  checkForm(value, name, schemaOf(1));
  const old = value as LockV1;
  const digests = digestsOfVersion1(old);
  if (old.lockDigest !== digests.lock || old.inputsDigest !== digests.inputs) throw mismatch(name);
  return fromVersion1(old, sections);
}

function checkForm(value: unknown, name: string, schema: JsonSchema): void {
  const fault = firstFault(value, schema);
  if (fault !== undefined) throw malformed(name, fault);
  const names = (value as Lock).packages.map((item) => `${item.name}:${item.arch}`);
  const twice = names.find((item, index) => names.indexOf(item) !== index);
  if (twice !== undefined) throw malformed(name, `package \`${twice}\` is in it twice`);
}

function sectionOf({ family }: Lock, name: string, sections: LockSections): LockSection | null {
  if (family === null) return null;
  const section = sections[family.name];
  if (section !== undefined) return section;
  throw new MkbaseError(
    'lock/unknown-family',
    `the lock \`${name}\` is of a distribution of the family \`${family.name}\`, which this mkbase does not know`,
    { hint: 'take the mkbase that wrote it, or a newer one' },
  );
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(name, reasonOf(error));
  }
}

function rows(value: unknown): string {
  const values = value as readonly unknown[];
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
