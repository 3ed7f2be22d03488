import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll } from 'vitest';

// The same cases in every run: a failure is repeated by running the test again.
fc.configureGlobal({ seed: 20_240_229 });

// Each file starts with an empty cache: no run of the program uses or fills that of who runs the tests, where
// what it remembers of a Release seen from one mirror would make another one look like an attack.
const folder = mkdtempSync(join(tmpdir(), 'mkbase-test-cache-'));
process.env.XDG_CACHE_HOME = join(folder, 'cache');
process.env.XDG_STATE_HOME = join(folder, 'state');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
