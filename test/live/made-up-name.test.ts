import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mirror } from '../../scripts/mirror.ts';
import { startLiveMirror } from '../support/live-mirror.ts';
import { makeKey } from './archive-shapes.ts';
import { packagesOf, unnamed } from './beside-mmdebstrap.ts';
import { describeWith } from './needs.ts';
import { MAIN, run } from './run.ts';

/**
 * apt chooses usrmerge, which moves directories once packages are unpacked: what was one file by two names is then two,
 * and shells have one name. mkbase merges before, and usrmerge finds nothing to do.
 */
const MOVED_LATER = ['etc/shells', 'usr/bin/gunzip', 'usr/bin/uncompress'];

/** Debian's bookworm as somebody's `anvil`: Release says so and is signed by another key, all else is Debian's. */
describeWith(['root', 'mmdebstrap', 'gpg'], 'a suite that no recipe is for, beside mmdebstrap’s', () => {
  let folder: string;
  let debian: Mirror;
  let acme: Server;
  let line: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-anvil-'));
    await chmod(folder, 0o755);
    debian = await startLiveMirror();
    const home = join(folder, 'gpg');
    const { keyring } = await makeKey(home);
    const signed = await signedRelease(home);
    acme = createServer(({ url = '' }, response) => {
      if (url === '/dists/anvil/InRelease') return response.end(signed);
      const path = url.replace('/dists/anvil/', '/dists/bookworm/');
      return response.writeHead(302, { location: `${debian.url}/debian${path}` }).end();
    });
    await new Promise<void>((resolve) => acme.listen(0, '127.0.0.1', resolve));
    const { port } = acme.address() as AddressInfo;
    line = `deb [signed-by=${keyring}] http://127.0.0.1:${port} anvil main`;
  });
  afterAll(async () => {
    await new Promise((resolve) => acme?.close(resolve));
    await debian?.close();
    await run('gpgconf', ['--homedir', join(folder, 'gpg'), '--kill', 'all']);
    await rm(folder, { recursive: true, force: true });
  });

  async function signedRelease(home: string): Promise<Buffer> {
    const answer = await fetch(`${debian.url}/debian/dists/bookworm/Release`);
    const text = (await answer.text())
      .replace(/^Origin: .*/m, 'Origin: Acme')
      .replace(/^Suite: .*/m, 'Suite: anvil')
      .replace(/^Codename: .*/m, 'Codename: anvil');
    await writeFile(join(folder, 'Release'), text);
    const [from, to] = [join(folder, 'Release'), join(folder, 'InRelease')];
    await run('env', [`GNUPGHOME=${home}`, 'gpg', '--batch', '--quiet', '--clearsign', '-o', to, from]);
    return readFile(to);
  }

  it('is equal from the same plain line, but for the named classes and the key', async () => {
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    await run(process.execPath, [
      MAIN,
      'anvil',
      ours,
      line,
      '--quiet',
      `--cache-dir=${join(folder, 'cache')}`,
    ]);
    const lock = JSON.parse(await readFile(`${ours}.lock.json`, 'utf8'));
    expect(lock.recipe.name).toBe('acme:anvil');
    const epoch = `SOURCE_DATE_EPOCH=${lock.epoch}`;
    await run('env', [
      ...[epoch, 'mmdebstrap', '--mode=root', '--variant=minbase', '--quiet', 'anvil', theirs, line],
    ]);
    expect(await packagesOf(ours)).toEqual(await packagesOf(theirs));
    const different = unnamed(theirs, ours).map((one) => one.replace(/:.*/, ''));
    expect(different).toEqual(['etc/apt/keyrings/key.gpg', ...MOVED_LATER]);
  });
});
