/** No regular expression of the program may take more than linear time, as most of them meet text from outside. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseAst } from 'vitest/node';
import { attacksOn } from './support/expression-attacks.ts';
import { leastTime } from './support/growth.ts';

const source = fileURLToPath(new URL('../dist/src/', import.meta.url));

interface Found {
  readonly file: string;
  readonly expression: RegExp;
}

/** Every literal in the compiled program, and every text given to `new RegExp` that is one. */
function expressions(): Found[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  );
  return files.flatMap((file) => {
    const found: Found[] = [];
    const ast = parseAst(readFileSync(`${source}${file}`, 'utf8'));
    JSON.stringify(ast, (key, value) => {
      if (key === 'regex') found.push({ file, expression: new RegExp(value.pattern, value.flags) });
      return typeof value === 'bigint' ? null : value;
    });
    return found;
  });
}

/** Microseconds. For a text of 3 kB a linear one takes a hundred of them, a quadratic one tens of thousands. */
const LIMIT = 6_000;

/** The shortest text first: one that doubles its time with each letter would never end with a long one. */
const SIZES = [22, 3000];

function slowTextFor(expression: RegExp): string | undefined {
  for (const size of SIZES) {
    const slow = attacksOn(expression.source, size).find((attack) => {
      const before = process.cpuUsage();
      attack.replace(expression, '');
      // Once is enough for the quick.
      return process.cpuUsage(before).user > LIMIT && leastTime(() => attack.replace(expression, '')) > LIMIT;
    });
    if (slow !== undefined) return slow;
  }
  return undefined;
}

test('no regular expression takes long for any text', { timeout: 120_000 }, () => {
  const found = expressions();
  expect(found.length).toBeGreaterThan(150);
  const slow = found.flatMap(({ file, expression }) => {
    const text = slowTextFor(expression);
    return text === undefined ? [] : [`${file}: ${expression}: ${JSON.stringify(text.slice(0, 40))}`];
  });
  expect(slow).toEqual([]);
});

test.each([/\s+$/, /^\s*(a|b)?\s*$/, /(\w+\s?)+$/, /^(.*?)(:\d*)?\s*$/, /<[^>]*>/, /deb\s+(\[\S*\])?\s*x$/])(
  'a slow one is seen: %s',
  (expression) => {
    expect(slowTextFor(expression)).toBeDefined();
  },
);
