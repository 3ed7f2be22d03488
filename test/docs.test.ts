import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const decisions = readdirSync(join(root, 'docs/decisions')).map((name) => `docs/decisions/${name}`);
const pages = ['README.md', 'CONTRIBUTING.md', 'docs/design.md', 'docs/fidelity.md', ...decisions];

it.each(pages)('%s names files that there are', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const files = [...text.matchAll(/\b(?:src|test|scripts|recipes|docs)\/[\w./-]+\.(?:ts|md|json)\b/g)];
  const links = [...text.matchAll(/\]\(([\w./-]+\.md)\)/g)].map(([, link]) => join(page, '..', link!));
  // An example of a name, as in `src/x.ts`.
  const named = files.map(([file]) => file).filter((file) => !/\/x\.ts$|\/NAME/.test(file));
  expect([...named, ...links].filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

it('decisions name tests that there are', () => {
  const text = readFileSync(join(root, 'docs/decisions/0120-behaviours.md'), 'utf8');
  const column = text.split('\n').flatMap((line) => line.split(' | ')[1] ?? []);
  const named = column.flatMap((cell) =>
    [...cell.matchAll(/`([a-z0-9-]+\/[a-z0-9/-]+)`/g)].map(([, name]) => name!),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !existsSync(join(root, `test/${name}.test.ts`)))).toEqual(['etc/apt']);
});
