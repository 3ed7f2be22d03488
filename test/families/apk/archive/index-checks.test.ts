import { describe, expect, it } from 'vitest';
import { checkIndex, checkRollback } from '../../../../src/families/apk/archive/index-checks.ts';
import { parseIndex } from '../../../../src/families/apk/archive/index-file.ts';
import type { Check } from '../../../../src/lock/lock.ts';
import { stanzaOf } from '../solver-cases.ts';

const what = 'the index of `main`';
const now = new Date('2024-06-01T00:00:00Z');
const seconds = now.getTime() / 1000;
const packages = parseIndex(stanzaOf('a 1-r0'));

interface Given {
  readonly description?: string;
  readonly newest?: number;
  readonly branch?: string;
  readonly arch?: string;
  readonly maxAge?: number;
  readonly checksOff?: readonly Check[];
}

function check({ description = '', newest = seconds - 86_400, ...options }: Given): void {
  checkIndex(
    { description, packages, newest },
    { arch: 'x86_64', branch: 'v3.20', what, now, maxAge: null, checksOff: [], ...options },
  );
}

describe('checkIndex', () => {
  it.each([
    ['v3.20.3-13-g4d933a1fa3', 'v3.20'],
    ['v3.20_alpha20240315-12-gabc', 'v3.20'],
    ['mkalpinemirror v3.20 main 3.20.3', 'v3.20'],
    ['v20231219-1064-g3a1b', 'edge'],
    ['', 'v3.20'],
    ['my packages', 'v3.20'],
    ['v3.19.1-1-gabc', ''],
  ])('takes `%s` for %s', (description, branch) => {
    expect(() => check({ description, branch })).not.toThrow();
  });

  it.each([
    ['v3.19.1-300-gabc', 'v3.20', 'v3.19'],
    ['v3.2.0-1-gabc', 'v3.20', 'v3.2'],
    ['v20231219-1064-g3a1b', 'v3.20', 'edge'],
    ['v3.20.0-1-gabc', 'edge', 'v3.20'],
  ])('refuses `%s` for %s', (description, branch, found) => {
    expect(() => check({ description, branch })).toThrow(
      expect.objectContaining({
        code: 'signature/wrong-suite',
        message: `${what} is of \`${found}\` and not of \`${branch}\``,
      }),
    );
    expect(() => check({ description, branch, checksOff: ['suite'] })).not.toThrow();
  });

  it('refuses another architecture', () => {
    expect(() => check({ arch: 'aarch64' })).toThrow(
      expect.objectContaining({
        code: 'signature/wrong-arch',
        message: `${what} is of the architecture \`x86_64\` and not of \`aarch64\``,
      }),
    );
  });

  it('refuses a package of the future', () => {
    const newest = seconds + 3600;
    expect(() => check({ newest })).toThrow(expect.objectContaining({ code: 'signature/date-in-future' }));
    expect(() => check({ newest, checksOff: ['date'] })).not.toThrow();
  });

  it('refuses one older than is allowed', () => {
    expect(() => check({ maxAge: 3600 })).toThrow(
      expect.objectContaining({
        code: 'signature/too-old',
        message: `the newest package of ${what} is 1.0 days old, more than the 0.0 days of \`--max-age\``,
      }),
    );
    expect(() => check({ maxAge: 2 * 86_400 })).not.toThrow();
  });
});

describe('checkRollback', () => {
  it('refuses an index older than one seen before', () => {
    expect(() => checkRollback(100, 200, what)).toThrow(
      expect.objectContaining({ code: 'signature/rollback' }),
    );
    expect(() => checkRollback(200, 200, what)).not.toThrow();
    expect(() => checkRollback(100, null, what)).not.toThrow();
  });
});
