import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/job.ts';
import { build } from '../../../src/pipeline/build.ts';
import { type ApkSpec, apkMembers, makeApkKey, theApkKey } from '../../support/apk.ts';
import { jobOf } from '../apt/plan-support.ts';
import { apkMirror, folderWith, NOW } from './plan-support.ts';

const APP: ApkSpec = {
  name: 'app',
  info: { depend: 'lib' },
  scripts: { '.post-install': '#!/bin/sh\n' },
  files: { 'usr/bin/app': { content: 'app', mode: 0o755 } },
};
const LIB: ApkSpec = { name: 'lib', files: { 'usr/lib/lib.so': 'lib', 'etc/lib.conf': 'settings' } };
const APP_FILE = 'v3.20/main/x86_64/app-1.0-r0.apk';

/** Builds a directory of `app` without scripts, from a mirror that may be spoilt first. */
async function buildApp(
  spoil: (files: Map<string, Buffer>) => void = () => {},
  { app = APP, checkPackages = false } = {},
) {
  const mirror = await apkMirror({ packages: [app, LIB] });
  spoil(mirror.files);
  const { name, publicPem } = theApkKey();
  const folder = await folderWith({ [name]: publicPem });
  await mkdir(join(folder, 'made'));
  const job = jobOf({
    ...{ suite: 'alpine:3.20', arch: 'x86_64', variant: 'empty', now: NOW, components: ['main'] },
    ...{ mirror: mirror.url, keyrings: [join(folder, name)], include: ['app'] },
    ...{ checkPackages, cacheDir: join(folder, 'cache'), mode: 'none', scripts: 'skip', jobs: 2 },
  });
  const events: Event[] = [];
  const surroundings = {
    env: {},
    signal: new AbortController().signal,
    emit: (event: Event) => void events.push(event),
  };
  const target = { kind: 'directory', path: join(folder, 'made', 'out') } as const;
  const outcome = await build([job], [target], surroundings).catch((error) => error);
  return { outcome, events, made: join(folder, 'made'), out: target.path };
}

describe('a build of an Alpine base', () => {
  test('has the packages, their database, and what of them did not run', async () => {
    const { events, out, outcome } = await buildApp();
    expect(outcome.packages).toBe(2);
    expect(await readFile(join(out, 'usr/bin/app'), 'utf8')).toBe('app');
    const installed = await readFile(join(out, 'lib/apk/db/installed'), 'utf8');
    expect([...installed.matchAll(/^P:(.*)$/gm)].map(([, name]) => name)).toEqual(['app', 'lib']);
    expect(await readFile(join(out, 'etc/apk/world'), 'utf8')).toBe('app\n');
    expect(await readdir(join(out, 'dev'))).toEqual([]);
    expect(events).toContainEqual({
      type: 'notice',
      message: '1 maintainer scripts did not run: app: post-install',
    });
  });

  const { signature, control, data } = apkMembers(APP);
  const flip = (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    copy[copy.length >> 1]! ^= 1;
    return copy;
  };
  const elsewhere = (name: string) => apkMembers({ ...APP, files: { [name]: 'other' } });

  test.each<[string, string, Buffer]>([
    ['a changed control member', 'package/wrong-hash', Buffer.concat([signature, flip(control), data])],
    ['changed data', 'package/wrong-hash', Buffer.concat([signature, control, flip(data)])],
    [
      'the data of another package',
      'package/wrong-',
      Buffer.concat([signature, control, elsewhere('x').data]),
    ],
    [
      'a package cut short',
      'package/wrong-size',
      Buffer.concat([signature, control, data]).subarray(0, -100),
    ],
    ['another package of that name', 'package/wrong-', Buffer.concat(Object.values(elsewhere('y')))],
    ['a web page', 'network/not-a-package', Buffer.from('<html>')],
  ])('with %s is refused, and nothing is left', async (_, code, bytes) => {
    const { outcome, made } = await buildApp((files) => void files.set(APP_FILE, bytes));
    // A package may show it by its length, or by its digest.
    expect(outcome).toMatchObject({ code: expect.stringContaining(code) });
    expect(await readdir(made)).toEqual([]);
  });

  test('on a mirror that is being updated names the package', async () => {
    const { outcome } = await buildApp((files) => void files.delete(APP_FILE));
    expect(outcome).toMatchObject({ code: expect.stringMatching(/^(network|package)\//) });
    expect(outcome.message).toContain('app');
  });

  const app = { ...APP, key: makeApkKey('other.rsa.pub') };

  test('does not mind who signed a package: the index vouches for it', async () => {
    expect((await buildApp(() => {}, { app })).outcome.packages).toBe(2);
  });

  test('holds packages to their own signatures where that is asked for', async () => {
    expect((await buildApp(() => {}, { checkPackages: true })).outcome.packages).toBe(2);
    const { outcome, made } = await buildApp(() => {}, { app, checkPackages: true });
    expect(outcome).toMatchObject({ code: 'signature/unknown-key' });
    expect(outcome.message).toContain('the package `app`');
    expect(await readdir(made)).toEqual([]);
  });
});
