/** images.yaml: the list of images that are kept fresh. */
import { readFile } from 'node:fs/promises';
import { MkbaseError } from '../errors.ts';
import { type Fault, findFault, type JsonSchema, pathText } from '../json-schema.ts';
import { didYouMean } from '../nearest.ts';
import { type Complaint, parseYaml } from '../yaml-file.ts';
import { type ImageSpec, type RawImage, specOf } from './image-spec.ts';

export interface ImagesFile {
  readonly images: readonly ImageSpec[];
  readonly webhook: string | null;
}

interface RawFile {
  readonly defaults?: RawImage | null;
  readonly images: Readonly<Record<string, RawImage | null>>;
  readonly webhook?: string;
}

// From dist/src/refresh, where this module runs.
const SCHEMA = new URL('../../../docs/images.schema.json', import.meta.url);
const COMMANDS = ['test', 'exec-on-change'];

/**
 * Checks all that can be known without a build; every message has the line and the column.
 *
 * @throws MkbaseError `config/…`
 */
export async function readImagesFile(text: string, file: string): Promise<ImagesFile> {
  const yaml = parseYaml(text, { file, kind: 'config' });
  const schema = JSON.parse(await readFile(SCHEMA, 'utf8')) as JsonSchema;
  const fault = findFault(yaml.value, schema);
  if (fault !== undefined) throw yaml.error(fault.path, complaintOf(fault));
  const { images, webhook = null, ...others } = yaml.value as RawFile;
  const defaults = others.defaults ?? {};
  const at = <Result>(path: Fault['path'], check: () => Result): Result => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof MkbaseError)) throw error;
      const what = error.code.startsWith('config/') ? error.code.slice('config/'.length) : 'bad-value';
      throw yaml.error(path, { what, reason: error.message, hint: error.hint ?? 'see the manual' });
    }
  };
  const specs = Object.entries(images).map(([name, own]) => {
    return { ...specOf(own ?? {}, { name, defaults, at }), line: yaml.lineOf(['images', name]) };
  });
  return { images: specs, webhook };
}

function complaintOf(fault: Fault): Complaint {
  const { path, reason, known } = fault;
  const subject = path.length === 0 ? 'the file' : `\`${pathText(path)}\``;
  const what = known === undefined ? 'bad-value' : 'unknown-key';
  return { what, reason: `${subject} ${reason}`, hint: hintOf(fault) };
}

function hintOf({ path, known }: Fault): string {
  const name = String(path.at(-1) ?? '');
  if (COMMANDS.includes(name)) {
    return `commands do not come from this file: give \`--${name}\` on the command line`;
  }
  if (known === undefined) return 'see docs/images.schema.json, or name it in `$schema` for your editor';
  return didYouMean(name, known) ?? `there is ${known.join(', ')}`;
}
