import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Root } from '../../src/rootfs/root.ts';
import { scanTree } from '../../src/rootfs/scan.ts';
import type { Tree } from '../../src/rootfs/tree.ts';
import {
  expectDatabase,
  goldenFiles,
  goldenLines,
  goldenSeeds,
  goldens,
  treeLines,
} from '../families/apk/golden-support.ts';
import { installFiles } from '../families/apk/install-support.ts';
import { describeWith } from './needs.ts';

// As the builder does: modes are given in full wherever a file is made.
process.umask(0);

/** Scripts write the day of the build into the account they add: what is not of a package is compared without it. */
const DATED = /^etc\/shadow-? /;

describeWith(
  ['root', '../shared/data/alpine-mirror'],
  'what the real apk 2.14.4 installs with scripts',
  () => {
    test.each(goldens('scripts'))('%s', async (_, golden) => {
      const folder = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const root = join(folder, 'root');
      const { events } = await installFiles(root, goldenFiles(golden), {
        scripts: true,
        seedFiles: goldenSeeds(golden),
      });
      expectDatabase(root, golden);
      const undated = (lines: readonly string[]) => lines.filter((line) => !DATED.test(line));
      expect(undated(treeLines(scanTree(new Root(root)), root))).toEqual(undated(goldenLines(golden)));
      const executed = (lines: readonly string[]) => lines.filter((line) => line.startsWith('Executing '));
      expect(executed(events)).toEqual(executed(golden.log));
    });
  },
);

describeWith(['root', '../shared/data/alpine-mirror'], 'a busybox without a list of its applets', () => {
  test('is asked for them', async () => {
    const [, golden] = goldens('noscripts').find(([name]) => name === 'v3.20-x86_64.busybox.noscripts.json')!;
    const folder = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const install = (name: string, pathRules: readonly string[]) =>
      installFiles(join(folder, name), goldenFiles(golden), { scripts: false, privileged: true, pathRules });
    const links = ({ tree }: { readonly tree: Tree }) =>
      [...tree]
        .filter(([, entry]) => entry.type === 'symlink')
        .map(([path]) => path)
        .sort();
    const listed = await install('listed', []);
    const asked = await install('asked', ['path-exclude=/etc/busybox-paths.d/*']);
    expect(links(asked)).toEqual(links(listed));
    expect(links(asked).length).toBeGreaterThan(300);
    expect(asked.notices).toEqual([]);
    expect(scanTree(new Root(asked.root)).has('sys')).toBe(false);
  });
});
