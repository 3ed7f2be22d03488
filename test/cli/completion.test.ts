import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { bashCompletion, zshCompletion } from '../../src/cli/completion.ts';
import { OPTIONS } from '../../src/cli/options.ts';

const SUITES = ['bookworm', 'trixie', 'sid'];
const hasBash = spawnSync('bash', ['-c', ':']).status === 0;
const hasZsh = spawnSync('zsh', ['-c', ':']).status === 0;

/** The words that bash would offer after these, the last of which is being typed. */
function offered(...words: readonly string[]): string[] {
  const script = `${bashCompletion(SUITES)}
    COMP_WORDS=(mkbase "$@") COMP_CWORD=$#
    _mkbase
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...words], {
    encoding: 'utf8',
    cwd: '/',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe.skipIf(!hasBash)('the completion of bash', () => {
  it.each([
    [['boo'], ['bookworm']],
    [['l'], ['list', 'lock']],
    [['bookworm', '--variant', 'minb'], ['minbase']],
    [['bookworm', '--variant', '=', 'bu'], ['buildd']],
    [
      ['bookworm', '--scripts', '='],
      ['run', 'skip'],
    ],
    [['bookworm', '--no-check-g'], ['--no-check-gpg']],
    [['bookworm', '--max-age', ''], []],
    [['bookworm', '--lock', 'et'], ['etc']],
    [['bookworm', 'et'], ['etc']],
    [
      ['completion', ''],
      ['bash', 'zsh'],
    ],
  ])('offers after %j %j', (words, names) => {
    expect(offered(...words)).toEqual(names);
  });

  it('offers every option', () => {
    const all = offered('bookworm', '--');
    for (const { name } of OPTIONS) expect(all).toContain(`--${name}`);
  });
});

describe('the completion of zsh', () => {
  it.skipIf(!hasZsh)('is zsh', () => {
    const { status, stderr } = spawnSync('zsh', ['-n'], { input: zshCompletion(SUITES), encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('has a line for every option, with its summary', () => {
    const text = zshCompletion(SUITES);
    for (const { name } of OPTIONS) expect(text).toMatch(new RegExp(`--${name}[=,}\\[]`));
    expect(text).toContain(
      "'(--variant)--variant=[base package set; custom and empty add none]:NAME:(minbase",
    );
  });
});
