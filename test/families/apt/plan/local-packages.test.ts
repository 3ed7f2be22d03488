import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readLocalPackages } from '../../../../src/families/apt/plan/local-packages.ts';
import { planFromLock } from '../../../../src/families/apt/plan/lock-plan.ts';
import { requestOf } from '../../../../src/families/lock-request.ts';
import { temporaryDirectory } from '../../../fetch/support.ts';
import { buildDeb, type DebSpec } from '../../../support/deb.ts';
import { jobOf, mirrorOf, namesOf, planWith, suiteSpec, testRecipe } from '../plan-support.ts';

async function debFile(spec: DebSpec, name = 'x y.deb') {
  const file = join(await temporaryDirectory(), name);
  const bytes = await buildDeb(spec);
  await writeFile(file, bytes);
  return { file, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, size: bytes.length };
}
const suite = () =>
  mirrorOf(
    suiteSpec({
      packages: [
        { name: 'base', priority: 'required' },
        { name: 'helper' },
        { name: 'tool', version: '9.0' },
        { name: 'user', depends: 'tool' },
      ],
    }),
  );

describe('a package file of this machine', () => {
  test('is taken before any other version, with what it needs, and is in the lock by its digest', async () => {
    const mirror = await suite();
    const { file, digest, size } = await debFile({ name: 'tool', version: '1:2.0', depends: 'helper' });
    const job = { localPackages: [file], include: ['user'] };
    const plan = await planWith({ mirrors: [mirror.url], job });
    expect(namesOf(plan)).toEqual(['base', 'helper', 'tool', 'user']);
    const tool = plan.lock.packages.find(({ name }) => name === 'tool');
    expect(tool).toEqual({
      ...{ name: 'tool', version: '1:2.0', arch: 'amd64', pocket: 'local', path: 'tool_2.0_amd64.deb' },
      ...{ size, digest, reason: 'requested' },
    });
    expect(plan.urlsOf(tool!.path, 'local')).toEqual([pathToFileURL(file).href]);
    expect(plan.lock.family!.options).toMatchObject({ local: [digest] });
    const without = await planWith({ mirrors: [mirror.url], job: { include: ['user'] } });
    expect(without.lock.inputsDigest).not.toBe(plan.lock.inputsDigest);
  });

  test('is named again for a build from the lock', async () => {
    const mirror = await suite();
    const { file } = await debFile({ name: 'tool', version: '2.0' });
    const { lock } = await planWith({ mirrors: [mirror.url], job: { localPackages: [file] } });
    const lent = () => ({ archive: [], security: [] });
    const recipe = await testRecipe({});
    const local = await readLocalPackages({ localPackages: [file], fromHost: false }, 'amd64');
    const again = planFromLock(lock, jobOf(), recipe, { lent, local });
    expect(again.urlsOf('tool_2.0_amd64.deb', 'local')).toEqual([pathToFileURL(file).href]);
    const other = expect.objectContaining({ code: 'lock/other-packages' });
    expect(() => planFromLock(lock, jobOf(), recipe, { lent, local: [] })).toThrow(other);
    expect(() => requestOf(lock, jobOf())).toThrow(other);
    expect(requestOf(lock, jobOf({ localPackages: [file] })).localPackages).toEqual([file]);
  });

  test('of another architecture, twice, or no package at all is refused', async () => {
    const foreign = await debFile({ name: 'tool', arch: 'arm64' });
    const common = await debFile({ name: 'tool', arch: 'all' });
    const broken = join(await temporaryDirectory(), 'broken.deb');
    await writeFile(broken, 'no package');
    const read = (...files: string[]) =>
      readLocalPackages({ localPackages: files, fromHost: false }, 'amd64');
    await expect(read(foreign.file)).rejects.toMatchObject({
      code: 'package/wrong-architecture',
      message: '`x y.deb` is of architecture `arm64`, and the base of `amd64`',
    });
    await expect(read(common.file, common.file)).rejects.toMatchObject({ code: 'usage/conflict' });
    await expect(read(broken)).rejects.toMatchObject({ message: expect.stringContaining('`broken.deb`') });
  });

  test('cannot speak for its own place, digest or a second package', async () => {
    const fields = { Filename: '../../etc/passwd', SHA256: '0'.repeat(64) };
    const { file, digest } = await debFile({ name: 'tool', fields });
    const [local] = await readLocalPackages({ localPackages: [file], fromHost: false }, 'amd64');
    expect(local).toMatchObject({ path: 'tool_1.0_amd64.deb', sha256: digest.slice(7) });
    expect(local!.stanza).toMatch(/^Filename: tool_1.0_amd64.deb\n/);
    expect(local!.stanza).not.toMatch(/\n\n/);
  });
});
