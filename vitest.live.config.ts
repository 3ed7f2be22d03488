import { defineConfig } from 'vitest/config';
import unit from './vitest.config.ts';

// Against the real mirror, docker and npm. A file waits for programs most of its time, so three run at once.
export default defineConfig({
  ...unit,
  test: {
    include: ['test/live/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 3,
  },
});
