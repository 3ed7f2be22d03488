import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Hook, parseHookAction } from '../../src/hooks/hook.ts';
import { hostPath, knownOnTheWay } from '../../src/hooks/host-path.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mkbase-test-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['victim', 'out']) mkdirSync(at(name));
  writeFileSync(at('victim/file'), "the user's");
});

const at = (path: string) => join(folder, path);

/** The known links when a build with these hooks begins. */
const knownBefore = (...texts: readonly string[]) =>
  knownOnTheWay(
    texts.map((text): Hook => {
      return {
        phase: 'customize',
        text,
        cwd: folder,
        action: parseHookAction(text, folder, false),
        digest: '',
      };
    }),
  );
const lead = (path: string, known = knownBefore(), follow = true) => hostPath(at(path), known, { follow });

describe('a path of the host', () => {
  it('leads through links that were there before', () => {
    symlinkSync('victim', at('mine'));
    symlinkSync('../victim/file', at('out/file'));
    symlinkSync(at('out'), at('absolute'));
    const known = knownBefore('download /x mine/new', 'upload absolute/file /x');
    expect(lead('mine/new', known)).toBe(at('victim/new'));
    expect(lead('absolute/file', known)).toBe(at('victim/file'));
    expect(lead('mine/../out/new', known)).toBe(at('out/new'));
  });

  it.each([
    ['download /x out/motd', 'out/motd', 'victim/file'],
    ['tar-out /x out/motd', 'out/motd', 'victim/none'],
    ['copy-out /x out/logs', 'out/logs', 'victim'],
    ['sync-out /x out/logs/below', 'out/logs', 'victim'],
    ['upload out/motd /x', 'out/motd', 'victim/file'],
    ['tar-in out/motd /x', 'out/motd', 'victim/file'],
    ['sync-in out/logs /x', 'out/logs', 'victim'],
  ])('does not lead through a link that came since: %s', (hook, link, target) => {
    const known = knownBefore(hook);
    symlinkSync(at(target), at(link));
    const path = hook.split(' ').find((word) => word.startsWith('out/'))!;
    expect(() => lead(path, known)).toThrow('was not there when the build began');
  });

  it('does not lead through a link that was made again', async () => {
    symlinkSync(at('victim'), at('out/logs'));
    const known = knownBefore('copy-out /x out/logs');
    await setTimeout(20); // The clock of file systems has ticks of up to 10 ms.
    rmSync(at('out/logs'));
    symlinkSync(at('victim'), at('out/logs'));
    expect(() => lead('out/logs', known)).toThrow('is a link');
  });

  it('is a pipe only where one was there before, as a write would wait for ever', () => {
    execFileSync('mkfifo', [at('mine')]);
    const known = knownBefore('download /x mine', 'download /x out/pipe');
    expect(lead('mine', known)).toBe(at('mine'));
    execFileSync('mkfifo', [at('out/pipe')]);
    expect(() => lead('out/pipe', known)).toThrow('is a special file');
  });

  it('may be a link that is copied as one', () => {
    symlinkSync('victim', at('link'));
    expect(lead('link', knownBefore(), false)).toBe(at('link'));
  });

  it('is an open pipe where /dev/stdout is one', () => {
    const known = knownBefore('download /x /dev/fd/1');
    expect(hostPath('/dev/fd/1', known, { follow: true })).not.toContain('/dev/fd');
  });

  it('that leads in a circle is an error', () => {
    symlinkSync('b', at('a'));
    symlinkSync('a', at('b'));
    expect(() => lead('a/c', knownBefore('download /x a/c'))).toThrow('loop');
  });
});
