import { bytesOf } from '../../../lock/lock.ts';
import type { TextFile } from '../../../rootfs/unpack-protocol.ts';
import type { InstallJob } from '../../family.ts';
import { DPKG_DIR, textFile } from './dpkg-database.ts';

/** The files that dpkg and apt expect on a new system, and a placeholder fstab. */
export function startFiles({ arch, seedFiles }: InstallJob): (epoch: number) => readonly TextFile[] {
  return (epoch) => [
    ...seedFiles.map((file) => textFile(file.path, bytesOf(file), epoch, file.mode)),
    textFile(`${DPKG_DIR}/arch`, `${arch}\n`, epoch),
    textFile(`${DPKG_DIR}/info/format`, '1\n', epoch),
    textFile('etc/fstab', '# UNCONFIGURED FSTAB FOR BASE SYSTEM\n', epoch),
  ];
}
