import { describe, expect, test } from 'vitest';
import { familiarName, fullName, parseReference } from '../../src/image/reference.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('a name is completed as docker completes it', () => {
  test.each([
    ['debian', 'docker.io/library/debian:latest', 'debian:latest'],
    ['debian:bookworm', 'docker.io/library/debian:bookworm', 'debian:bookworm'],
    ['team/base', 'docker.io/team/base:latest', 'team/base:latest'],
    ['docker.io/debian', 'docker.io/library/debian:latest', 'debian:latest'],
    ['index.docker.io/debian', 'docker.io/library/debian:latest', 'debian:latest'],
    ['localhost/a', 'localhost/a:latest', 'localhost/a:latest'],
    ['localhost:5000/a:1', 'localhost:5000/a:1', 'localhost:5000/a:1'],
    ['host.example/a/b/c:v1.2-x', 'host.example/a/b/c:v1.2-x', 'host.example/a/b/c:v1.2-x'],
    ['Host/a', 'Host/a:latest', 'Host/a:latest'],
    ['[::1]:5000/a', '[::1]:5000/a:latest', '[::1]:5000/a:latest'],
    ['a__b/c--d/e.f', 'docker.io/a__b/c--d/e.f:latest', 'a__b/c--d/e.f:latest'],
    [`a@${DIGEST}`, `docker.io/library/a@${DIGEST}`, `a@${DIGEST}`],
    [`a:t@${DIGEST}`, `docker.io/library/a:t@${DIGEST}`, `a:t@${DIGEST}`],
  ])('%s', (text, full, familiar) => {
    const reference = parseReference(text);
    expect(fullName(reference)).toBe(full);
    expect(familiarName(reference)).toBe(familiar);
  });
});

describe('what docker refuses is refused', () => {
  test.each([
    ['', 'no valid form'],
    [':tag', 'no valid form'],
    ['Debian', 'lower case'],
    ['a/B', 'lower case'],
    ['a b', 'no valid form'],
    ['-a', 'no valid form'],
    ['a..b', 'no valid form'],
    ['a___b', 'no valid form'],
    ['a//b', 'no valid form'],
    ['a/', 'no valid form'],
    ['a:', 'is not a tag'],
    ['a:-x', 'is not a tag'],
    [`a:${'t'.repeat(129)}`, 'is not a tag'],
    ['a@sha256:12', 'no valid form'],
    ['host_x.example/a', 'is not a registry'],
    [`${'a'.repeat(256)}`, 'no valid form'],
    ['https://host.example/a', 'is not a registry'],
  ])('%s', (text, reason) => {
    expect(() => parseReference(text)).toThrowError(
      expect.objectContaining({ code: 'usage/bad-reference', message: expect.stringContaining(reason) }),
    );
  });
});
