import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cyclonedxFaults } from '../support/cyclonedx.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { describeWith, sharedPath } from './needs.ts';
import { MAIN, run } from './run.ts';

const NOBLE = '../shared/data/ubuntu-noble-mirror';

interface SpdxPackage {
  readonly name: string;
  readonly versionInfo: string;
  readonly externalRefs?: readonly { readonly referenceLocator: string }[];
}

describeWith(['root', 'dpkg-query', NOBLE], 'the bill of materials of a base', () => {
  let folder: string;
  let mirror: TestServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mkbase-live-sbom-'));
    mirror = await startServer(sharedPath(NOBLE));
  });
  afterAll(async () => {
    await mirror.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['bookworm', () => []],
    ['noble', () => [mirror.url, `--keyring=${sharedPath(NOBLE)}/test-archive.asc`, '--pockets=release']],
  ])('of %s has the names and versions of dpkg-query, and is valid', async (suite, options) => {
    const target = join(folder, suite);
    const always = ['--sbom=spdx,cyclonedx', `--cache-dir=${folder}/cache`, '--quiet'];
    await run(process.execPath, [MAIN, suite, target, ...options(), ...always]);
    const spdx = JSON.parse(await readFile(`${target}.spdx.json`, 'utf8'));
    const packages: readonly SpdxPackage[] = spdx.packages;
    const listed = packages.flatMap(({ name, versionInfo, externalRefs = [] }) =>
      externalRefs.map(({ referenceLocator: purl }) => {
        return `${name} ${versionInfo} ${new URL(purl).searchParams.get('arch')}`;
      }),
    );
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own form of a format
    const format = '${Package} ${Version} ${Architecture}\\n';
    const installed = await run('dpkg-query', [`--admindir=${target}/var/lib/dpkg`, '-W', '-f', format]);
    expect(listed.sort()).toEqual(installed.trim().split('\n').sort());
    const faults = await cyclonedxFaults();
    expect(faults(JSON.parse(await readFile(`${target}.cdx.json`, 'utf8')))).toBeNull();
  });

  describeWith(['pyspdxtools'], 'as SPDX', () => {
    it.each(['bookworm', 'noble'])('is valid by the validator of SPDX: %s', async (suite) => {
      await run('pyspdxtools', ['--infile', join(folder, `${suite}.spdx.json`)]);
    });
  });
});
