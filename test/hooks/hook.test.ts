import { describe, expect, it } from 'vitest';
import { HOOK_PHASES, lockedHooks, parseHookAction } from '../../src/hooks/hook.ts';
import { shellWords } from '../../src/hooks/shell-words.ts';

describe('the text of a hook', () => {
  it.each([
    ['chroot "$1" true', 'shell'],
    ['echo hi', 'shell'],
    ['./customize.sh', 'program'],
    ['true', 'program'],
    ['upload', 'program'],
    ['uploads a b', 'shell'],
    [' copy-in a b', 'shell'],
  ])('%j is a %s', (text, kind) => {
    expect(parseHookAction(text, '/here', false)).toEqual({ kind });
  });

  it('is a program where it is the name of an executable file, whatever that name is', () => {
    expect(parseHookAction('my hook.sh', '/here', true)).toEqual({ kind: 'program' });
  });

  it.each([
    ['copy-in a "b c" /srv', { kind: 'copy-in', from: ['/here/a', '/here/b c'], to: '/srv' }],
    ['upload /x etc/x', { kind: 'upload', from: ['/x'], to: 'etc/x' }],
    ['copy-out /etc/passwd etc out', { kind: 'copy-out', from: ['/etc/passwd', 'etc'], to: '/here/out' }],
    ['tar-out / ../all.tar', { kind: 'tar-out', from: ['/'], to: '/all.tar' }],
  ])('%j is a helper, with paths of the host in the current directory', (text, action) => {
    expect(parseHookAction(text, '/here', false)).toEqual(action);
  });

  it.each(['copy-in a', 'upload ', 'download "a b', 'sync-out  '])('%j is refused', (text) => {
    expect(() => parseHookAction(text, '/', false)).toThrow(
      expect.objectContaining({ code: 'usage/bad-hook', message: expect.stringContaining('`') }),
    );
  });
});

describe('words of a helper', () => {
  it.each<[string, readonly string[] | null]>([
    ['', []],
    ['  a\tb\nc ', ['a', 'b', 'c']],
    [`a"b c"'d e'\\ f`, ['ab cd e f']],
    ['"a \\" \\\\ b"', ['a " \\ b']],
    [`'\\'`, ['\\']],
    [`""`, ['']],
    ['$HOME *', ['$HOME', '*']],
    [`it's`, null],
    ['a "b', null],
    ['a\\', null],
  ])('of %j are as a shell reads them', (text, words) => {
    expect(shellWords(text)).toEqual(words);
  });
});

it('a lock names hooks in the order in which they run', () => {
  const hooks = HOOK_PHASES.toReversed().flatMap((phase) =>
    ['1', '2'].map((digest) => {
      return { phase, digest, text: 'true', cwd: '/', action: { kind: 'program' } } as const;
    }),
  );
  expect(lockedHooks(hooks).map(({ phase, digest }) => phase + digest)).toEqual([
    'setup1',
    'setup2',
    'essential1',
    'essential2',
    'customize1',
    'customize2',
  ]);
});
