import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  appletLines,
  expectDatabase,
  goldenFiles,
  goldenLines,
  goldenSeeds,
  goldens,
  hasGolden,
  treeLines,
} from './golden-support.ts';
import { installFiles } from './install-support.ts';

describe.skipIf(!hasGolden)('what the real apk 2.14.4 installs without scripts (shared test data)', () => {
  test.each(goldens('noscripts'))('%s', async (_, golden) => {
    const folder = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const root = join(folder, 'root');
    const { tree } = await installFiles(root, goldenFiles(golden), {
      scripts: false,
      seedFiles: goldenSeeds(golden),
    });
    expectDatabase(root, golden);
    // apk leaves a system without applets here: the links are those that the scripts would have made.
    expect(treeLines(tree, root)).toEqual([...goldenLines(golden), ...appletLines(golden)].sort());
  });
});
