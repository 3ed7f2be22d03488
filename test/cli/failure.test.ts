import { describe, expect, it } from 'vitest';
import { exitStatusOf, failureJson, failureOf, failureText, interruption } from '../../src/cli/failure.ts';
import { EXIT_STATUS, MkbaseError } from '../../src/errors.ts';

const script = new MkbaseError('script/failed', 'the postinst of `tzdata` failed with status 1', {
  details: ['Current default time zone: \x1b[31mred\x1b[0m', 'mv: cannot stat `/etc/x`'],
  hint: 'the whole log is in `out.log`',
  data: { package: 'tzdata' },
  cause: new Error('exit status 1', { cause: 'signal' }),
});

describe('failureText', () => {
  it('prints message, details and hint, and never moves the cursor', async () => {
    await expect(failureText(script, { verbose: false })).toMatchFileSnapshot('../golden/error.txt');
  });

  it('adds the chain of causes when asked', async () => {
    await expect(failureText(script, { verbose: true })).toMatchFileSnapshot('../golden/error-verbose.txt');
  });

  it('is one line without details and hint', () => {
    expect(failureText(new MkbaseError('target/x', 'no'), { verbose: true })).toBe('error: no\n');
  });

  it('ends on a chain of causes that bites its tail', () => {
    const error = new MkbaseError('internal/x', 'x', { cause: new Error('a') });
    (error.cause as Error).cause = error.cause;
    expect(failureText(error, { verbose: true }).split('\n')).toHaveLength(12);
  });
});

describe('failureJson', () => {
  it('is one line with every field', () => {
    const line = failureJson(script);
    expect(line).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(line)).toEqual({
      type: 'error',
      code: 'script/failed',
      message: script.message,
      hint: script.hint,
      details: script.details,
      data: { package: 'tzdata' },
      exitStatus: EXIT_STATUS.script,
    });
    expect(JSON.parse(failureJson(new MkbaseError('host/x', 'x')))).toMatchObject({ hint: null, data: null });
  });
});

describe('failureOf', () => {
  it.each([
    [new TypeError('x is not a function'), 'internal/bug', 'unexpected: x is not a function'],
    ['text', 'internal/bug', 'unexpected: text'],
    [undefined, 'internal/bug', 'unexpected: undefined'],
    [systemError('ENOSPC', 'write'), 'target/disk-full', 'cannot write `/f`: no space left'],
    [systemError('EMFILE', 'open'), 'host/system-call', 'cannot open `/f`: EMFILE'],
  ])('reads %s as %s', (thrown, code, message) => {
    expect(failureOf(thrown)).toMatchObject({ code, message, hint: expect.any(String) });
  });

  it('leaves an error of ours as it is', () => {
    expect(failureOf(script)).toBe(script);
  });
});

describe('exitStatusOf', () => {
  it('follows the class of the error, and the signal of an interruption', () => {
    expect(exitStatusOf(script)).toBe(8);
    expect(exitStatusOf(interruption('SIGINT'))).toBe(130);
    expect(exitStatusOf(interruption('SIGTERM'))).toBe(143);
    expect(exitStatusOf(interruption('SIGHUP'))).toBe(129);
    expect(exitStatusOf(new MkbaseError('interrupted/other', 'x'))).toBe(130);
  });
});

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: x`), { code, syscall, path: '/f' });
}
