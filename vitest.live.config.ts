import { defineConfig } from 'vitest/config';
import unit from './vitest.config.ts';

// Against the real mirror, docker and npm: one file after another, because they share them.
export default defineConfig({
  ...unit,
  test: {
    include: ['test/live/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
