import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Tests run against the compiled program: what is tested is what ships, and worker threads and
// child processes, which need JavaScript on Node 20, are the real ones.
const dist = fileURLToPath(new URL('dist/', import.meta.url));

export default defineConfig({
  resolve: {
    alias: [{ find: /^(?:\.\.?\/)+((?:src|scripts)\/.*)\.ts$/, replacement: `${dist}$1.js` }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/live/**'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 30_000,
    coverage: { provider: 'v8', include: ['dist/src/**'] },
  },
});
