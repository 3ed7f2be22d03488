import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTar } from '../../src/formats/tar.ts';
import { collect } from '../../src/image/blob.ts';
import type { Image } from '../../src/image/image.ts';
import { directoryFiles, readLayout } from '../../src/image/read-layout.ts';
import { describeWith } from './needs.ts';
import { makeOrdinaryUser, type OrdinaryUser } from './ordinary-user.ts';
import { run } from './run.ts';

describeWith(['root', 'useradd', 'newuidmap', 'setpriv'], "an ordinary user's base", () => {
  let folder: string;
  let user: OrdinaryUser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-import-'));
    await chmod(folder, 0o1777);
    user = await makeOrdinaryUser(folder);
  });
  afterAll(async () => {
    user?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('is imported with the owners that it has inside of the user namespace', async () => {
    const [at, layout] = [join(user.home, 'base'), join(folder, 'layout')];
    await mkbase(['bookworm', at, '--scripts=skip', '--mode=unshare', '--quiet']);
    await mkbase(['import', at, `oci:${layout}:v1`, '--compression=none', '--quiet']);
    const image = (await readLayout(directoryFiles(layout), 'v1')) as Image;
    const entries = readTar(await collect(image.layers[0]!.open()));
    const owners = new Map(entries.map(({ path, uid, gid }) => [path, `${uid}:${gid}`]));
    expect(owners.get('./')).toBe('0:0');
    expect(owners.get('usr/bin/chage')).toBe('0:42');
    expect(new Set(entries.map(({ uid }) => uid))).toEqual(new Set([0]));
  });

  function mkbase(args: readonly string[]): Promise<string> {
    const [program = '', ...as] = user.as;
    return run(program, [...as, process.execPath, user.main, ...args]);
  }
});
