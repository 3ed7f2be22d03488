/** The form of a host's base that goes to another host: names of packages, and conffiles that were changed here. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MkbaseError, quoted } from '../errors.ts';
import { writeLayer } from '../image/layer.ts';
import { firstFault, type JsonSchema } from '../json-schema.ts';
import { Root } from '../rootfs/root.ts';
import type { Entry } from '../rootfs/tree.ts';
import { checkDirectory, checkParent, statOrNull } from '../targets/place.ts';
import { unfinishedName } from '../unfinished.ts';
import { readWhole } from '../whole-file.ts';
import type { Flags } from './options.ts';

const FORM = 'host.json';
const CONFFILES = 'conffiles.tar';

/** The files of a form that are there or may be. */
export function filesOf(directory: string): readonly string[] {
  return [FORM, CONFFILES].map((name) => join(directory, name));
}

/** Bytes of a form: a thousand names have a hundredth. */
const LARGEST = 2 ** 20;

/** The options of `mkbase host` that choose packages. */
const CHOICE = ['variant', 'include', 'exclude', 'recommends'] as const;

/** `host.json` of a prepared base. */
export interface PreparedHost extends Pick<Flags, (typeof CHOICE)[number]> {
  readonly version: 1;
  /** `ID` of os-release(5). */
  readonly distribution: string;
}

const names = { type: 'array', items: { type: 'string' } } as const;
const SCHEMA: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'distribution', ...CHOICE],
  properties: {
    version: { type: 'integer' },
    distribution: { type: 'string' },
    variant: { type: ['string', 'null'] },
    include: names,
    exclude: names,
    recommends: { type: 'boolean' },
  },
};

/**
 * Writes the form into a new directory.
 *
 * @param changed paths of regular files in `root`
 * @throws MkbaseError `target/…`
 */
export async function writePrepared(
  directory: string,
  form: PreparedHost,
  { root, changed }: { readonly root: string; readonly changed: readonly string[] },
): Promise<void> {
  await checkParent(directory);
  if ((await statOrNull(directory)) !== null) await checkDirectory(directory);
  const unfinished = unfinishedName(directory);
  try {
    await mkdir(unfinished, { recursive: true });
    await writeFile(join(unfinished, FORM), `${JSON.stringify(form, null, 2)}\n`);
    if (changed.length > 0) await writeFile(join(unfinished, CONFFILES), conffilesTar(root, changed));
    await rename(unfinished, directory);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

async function* conffilesTar(path: string, changed: readonly string[]): AsyncGenerator<Buffer> {
  const root = new Root(path);
  try {
    const tree = new Map(changed.map((name) => [name, fileEntry(root, name)]));
    yield* writeLayer(tree, { epoch: 0, partial: true, open: (name, size) => root.contents(name, size) });
  } finally {
    root.release();
  }
}

function fileEntry(root: Root, path: string): Entry {
  const { mode, uid, gid, size } = root.stat(path)!;
  return { type: 'file', mode: mode & 0o7777, uid, gid, mtime: 0, size };
}

/**
 * The form in a directory, and the tar of its conffiles.
 *
 * @throws MkbaseError `host/not-prepared`, `host/bad-form`, `host/form-version`
 */
export async function readPrepared(
  directory: string,
): Promise<{ readonly form: PreparedHost; readonly conffiles: string | null }> {
  const [form = '', conffiles = ''] = filesOf(directory);
  const text = await readWhole(form, LARGEST).catch((cause) => {
    throw new MkbaseError('host/not-prepared', `\`${directory}\` has no \`${FORM}\` that can be read`, {
      hint: 'name a directory that `mkbase host --prepare DIR` has written',
      cause,
    });
  });
  const value = parsed(text.toString(), form);
  const hasConffiles = (await statOrNull(conffiles)) !== null;
  return { form: value, conffiles: hasConffiles ? conffiles : null };
}

function parsed(text: string, file: string): PreparedHost {
  const bad = (reason: string) =>
    new MkbaseError('host/bad-form', `\`${file}\` is not what \`mkbase host --prepare\` writes: ${reason}`, {
      hint: 'prepare the base again',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(quoted(String((error as Error).message)));
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (Number.isInteger(version) && version !== 1) {
    throw new MkbaseError(
      'host/form-version',
      `\`${file}\` has version ${version}: this mkbase reads version 1`,
      {
        hint: 'build with the mkbase that prepared it, or prepare it again with this one',
      },
    );
  }
  const fault = firstFault(value, SCHEMA);
  if (fault !== undefined) throw bad(fault);
  return value as PreparedHost;
}

/** The arguments of the base that a form describes. @throws MkbaseError `usage/conflict` */
export function asPrepared(flags: Flags, prepared: Awaited<ReturnType<typeof readPrepared>>): Flags {
  const given = [...CHOICE, 'lock' as const].find((name) => {
    const value = flags[name];
    return Array.isArray(value) ? value.length > 0 : value !== null && value !== false;
  });
  if (given !== undefined) {
    throw new MkbaseError('usage/conflict', `\`--build\` and \`--${given}\` exclude each other`, {
      hint: 'choose packages when you prepare the base',
    });
  }
  const { variant, include, exclude, recommends } = prepared.form;
  const conffiles = prepared.conffiles === null ? [] : [`${prepared.conffiles}:/`];
  return { ...flags, variant, include, exclude, recommends, add: [...conffiles, ...flags.add] };
}
