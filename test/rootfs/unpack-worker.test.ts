import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PackageReader } from '../../src/rootfs/package-file.ts';
import type { OpenedPackage } from '../../src/rootfs/unpack-protocol.ts';
import { createUnpackWorker } from '../../src/rootfs/unpack-worker.ts';
import { temporaryDirectory } from '../fetch/support.ts';

/** Its only control file is the first four bytes of the package. */
const FIRST_FOUR: PackageReader = {
  attributes: 'ignored',
  readPackage: async (bytes) => ({
    control: new Map([['control', { mode: 0o644, body: bytes.subarray(0, 4) }]]),
    ...{ entries: [], built: 0 },
  }),
};

describe('an unpacking thread', () => {
  it('sends the control files of a package, and not all of it along with them', async () => {
    const file = join(await temporaryDirectory(), 'package');
    const bytes = Buffer.alloc(2 ** 20, 'data');
    await writeFile(file, bytes);
    const worker = createUnpackWorker(FIRST_FOUR, { family: 'apt', owners: false, scripts: false }, () => {});
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const { control } = (await worker({ id: 1, do: 'open', file, digest })) as OpenedPackage;
    const { body } = control.get('control')!;
    expect(Buffer.from(body).toString()).toBe('data');
    expect(body.buffer.byteLength).toBe(4);
  });
});
