import { readTar } from '../../../src/formats/tar.ts';
import type { PackageFile } from '../../../src/rootfs/package-file.ts';

export const attributes = 'kept';

export async function readPackage(bytes: Buffer): Promise<PackageFile> {
  return { control: new Map(), entries: await readTar(bytes), built: 0 };
}
