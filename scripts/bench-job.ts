import { fileURLToPath } from 'node:url';

export interface Places {
  /** Holds `debian` and `debian-security`. */
  readonly mirror: string;
  /** What the tool makes; removed after each run. */
  readonly target: string;
  /** mkbase's cache. */
  readonly cache: string;
}

export interface Tool {
  readonly name: string;
  /** Where it is not on the path, the tool is left out. */
  readonly needs?: string;
  readonly command: (places: Places) => readonly string[];
}

export interface Job {
  readonly name: string;
  readonly about: string;
  /** Whether the cache is left as the run before made it; default empty before each. */
  readonly warm?: boolean;
  /** mkbase first. */
  readonly tools: readonly Tool[];
}

export const MKBASE = [process.execPath, fileURLToPath(new URL('../src/cli/main.js', import.meta.url))];
