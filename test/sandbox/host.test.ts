import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chooseMode, missingProgram } from '../../src/sandbox/namespaces.ts';
import { parseSubordinateIds, readSubordinateIds } from '../../src/sandbox/subordinate-ids.ts';
import { userNamespaceRefusal } from '../../src/sandbox/user-namespace-refusal.ts';

describe('subordinate ids', () => {
  it('are those of the user, by name or by number', () => {
    const text = 'other:1:65536\nme:100000:65536\n1001:300000:5\nbroken\nme:x:y\n';
    expect(parseSubordinateIds(text, 'me', 1001)).toEqual([
      { first: 100000, count: 65536 },
      { first: 300000, count: 5 },
    ]);
  });

  it('are mapped one range after another, from 1 up', async () => {
    const name = userInfo().username;
    const files = await idFiles(`${name}:100000:40000\n${name}:500000:40000\n`);
    expect(readSubordinateIds(files).uids).toEqual(['1', '100000', '40000', '40001', '500000', '40000']);
  });

  it.each([
    ['none', ''],
    ['too few', `${userInfo().username}:100000:1000\n`],
  ])('that are %s are an error that tells the command', async (_, text) => {
    const files = await idFiles(text);
    expect(() => readSubordinateIds(files)).toThrow(
      expect.objectContaining({ code: 'host/no-subuids', hint: expect.stringContaining('usermod') }),
    );
  });
});

describe('a refused user namespace', () => {
  const refusal = (settings: Record<string, string>) =>
    userNamespaceRefusal('unshare: Operation not permitted\n', (file) => {
      const value = settings[file.slice(file.lastIndexOf('/') + 1)];
      if (value === undefined) throw new Error('ENOENT');
      return value;
    });

  it.each([
    [{ apparmor_restrict_unprivileged_userns: '1' }, 'AppArmor', 'apparmor_restrict_unprivileged_userns=0'],
    [{ unprivileged_userns_clone: '0' }, 'this kernel forbids', 'unprivileged_userns_clone=1'],
    [{ max_user_namespaces: '0' }, 'no user namespaces', 'max_user_namespaces='],
    [{}, 'the host refuses', 'container'],
  ])('is explained by the setting that forbids it: %j', (settings, why, allow) => {
    const error = refusal(settings as Record<string, string>);
    expect(error.code).toBe('host/no-user-namespaces');
    expect(error.message).toContain(why);
    expect(error.hint).toContain(allow);
    expect(error.hint).toContain('--scripts=skip');
    expect(error.details).toEqual(['unshare: Operation not permitted']);
  });
});

describe('the mode', () => {
  it('without namespaces runs no scripts', () => {
    expect(() => chooseMode('none', 'run')).toThrow(
      expect.objectContaining({ code: 'usage/mode-without-scripts' }),
    );
    expect(chooseMode('none', 'skip')).toBe('none');
  });
});

it('a program that is missing is named with its package', () => {
  expect(missingProgram('newuidmap').hint).toContain('`uidmap`');
  expect(missingProgram('unshare').hint).toContain('`util-linux`');
});

async function idFiles(text: string): Promise<{ uids: string; gids: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'ids');
  await writeFile(file, text);
  return { uids: file, gids: file };
}
