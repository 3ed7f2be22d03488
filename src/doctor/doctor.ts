import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hostArch } from '../families/host-arch.ts';
import { isElf } from '../formats/elf.ts';
import { bytesOf } from '../image/blob.ts';
import { flatten } from '../image/flatten.ts';
import type { Image } from '../image/image.ts';
import { readBinary } from '../programs/file-view.ts';
import { hostView } from '../programs/host-view.ts';
import { treeView } from '../rootfs/tree-view.ts';
import { type OpenOptions, openImage, parseImageSource } from '../targets/image-source.ts';
import type { Diagnosis } from './diagnosis.ts';
import { examineImage, type StartSettings } from './examine-image.ts';
import { examineProgram } from './examine-program.ts';

/**
 * Examines a program of this machine, or an image from any source; in an index, each image.
 *
 * @throws MkbaseError where the file is not a program, and the errors of reading an image
 */
export async function examine(
  text: string,
  { cwd, ...options }: OpenOptions & { readonly cwd: string },
): Promise<readonly Diagnosis[]> {
  const path = resolve(cwd, text);
  if (await isProgram(path)) {
    const view = hostView();
    const bytes = readBinary(view, Buffer.from(path).toString('latin1'));
    return [examineProgram(text, { path, bytes, view, hostArch: hostArch() })];
  }
  const { image, close } = await openImage(await parseImageSource(text, cwd), options);
  try {
    const diagnoses: Diagnosis[] = [];
    for (const one of image.kind === 'index' ? image.images : [image]) {
      diagnoses.push(await diagnosisOf(text, one));
    }
    return diagnoses;
  } finally {
    await close();
  }
}

/** Any file that is not an archive is taken as a program, so that a broken one is diagnosed. */
async function isProgram(path: string): Promise<boolean> {
  const head = await readHead(path).catch(() => null);
  if (head === null) return false;
  const isPacked = /^(1f8b|fd377a|28b52f|425a68)/.test(head.toString('hex', 0, 4));
  return isElf(head) || !(isPacked || head.toString('latin1', 257, 262) === 'ustar');
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function diagnosisOf(subject: string, image: Image): Promise<Diagnosis> {
  const settings = startSettings(JSON.parse((await bytesOf(image.config)).toString()));
  const { tree, pieces, close } = await flatten(image);
  try {
    const { platform } = image;
    const view = treeView(tree, (path) => wholeOf(pieces(path), view.sizeOf(`/${path}`)));
    return examineImage(subject, { platform, settings, tree, view });
  } finally {
    await close();
  }
}

/** In memory once, and not in pieces beside. */
function wholeOf(pieces: Iterable<Buffer>, size: number): Buffer {
  const whole = Buffer.alloc(size);
  let length = 0;
  for (const piece of pieces) length += piece.copy(whole, length);
  return whole;
}

interface ConfigFile {
  readonly config?: {
    readonly User?: string;
    readonly Env?: readonly string[] | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly WorkingDir?: string;
    readonly Volumes?: Readonly<Record<string, unknown>> | null;
  };
}

function startSettings({ config = {} }: ConfigFile): StartSettings {
  const { User = '', Env, Entrypoint, Cmd, WorkingDir = '', Volumes } = config;
  return {
    ...{ user: User, env: Env ?? [], entrypoint: Entrypoint ?? [], cmd: Cmd ?? [], workdir: WorkingDir },
    volumes: Object.keys(Volumes ?? {}),
  };
}
