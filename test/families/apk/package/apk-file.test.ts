import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readApk, readApkControl, readApkHead } from '../../../../src/families/apk/package/apk-file.ts';
import { type ApkSpec, apkIdentity, apkMembers, buildApk, controlMember } from '../../../support/apk.ts';
import { buildTar } from '../../../support/tar.ts';

const SPEC: ApkSpec = {
  name: 'tool',
  version: '1.2-r3',
  info: {
    depend: ['so:libc.musl-x86_64.so.1', 'other>=2 third'],
    replaces: 'old<2',
    triggers: '/bin /usr/* ',
  },
  scripts: { '.post-install': '#!/bin/sh\n' },
  files: {
    'usr/bin/tool': { content: 'tool', mode: 0o755, user: 'nobody', group: 'wheel' },
    'usr/bin/link': { type: 'symlink', target: 'tool' },
  },
};

const coded = (code: string) => expect.objectContaining({ code: `package/${code}` });

describe('readApk', () => {
  test('gives control files, entries with owner and checksum, and the identity that an index has', async () => {
    const members = apkMembers(SPEC);
    const { signature, control, data } = members;
    const file = await readApk(Buffer.concat([signature, control, data]));
    expect([...file.control.keys()]).toEqual(['.PKGINFO', '.post-install']);
    expect(file.identity).toBe(apkIdentity(members));
    expect(file.built).toBe(1_600_000_000);
    expect(file.entries.map(({ path, type }) => [path, type])).toEqual([
      ['usr/', 'dir'],
      ['usr/bin/', 'dir'],
      ['usr/bin/tool', 'file'],
      ['usr/bin/link', 'symlink'],
    ]);
    const sha1 = createHash('sha1').update('tool').digest('base64');
    expect(file.entries.slice(2)).toMatchObject([
      { sha1, owner: { user: 'nobody', group: 'wheel' } },
      { sha1, owner: { user: 'root', group: 'root' } },
    ]);
  });

  test('reads a package that is not signed', async () => {
    const bytes = buildApk({ ...SPEC, key: null });
    expect(readApkHead(bytes).signatures).toEqual([]);
    expect((await readApk(bytes)).entries).toHaveLength(4);
  });

  test('reads what .PKGINFO says', () => {
    const { info } = readApkHead(buildApk(SPEC));
    expect(info).toMatchObject({
      name: 'tool',
      version: '1.2-r3',
      arch: 'x86_64',
      installedSize: 4096,
      triggers: ['/bin', '/usr/*'],
      replaces: [{ name: 'old', operator: '<', version: '2' }],
    });
    expect(info.depends.map(({ name }) => name)).toEqual(['so:libc.musl-x86_64.so.1', 'other', 'third']);
  });

  test('takes links with the checksum of nothing, which nfpm gives them, and enters that as apk does', async () => {
    const nothing = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';
    const link = {
      path: 'x',
      type: 'symlink',
      target: 'y',
      pax: { 'APK-TOOLS.checksum.SHA1': nothing },
    } as const;
    const { entries } = await readApk(buildApk({ ...SPEC, entries: [link] }));
    expect(entries.at(-1)).toMatchObject({ path: 'x', sha1: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=' });
  });

  test('leaves the data alone where only control is asked for', async () => {
    const { signature, control } = apkMembers(SPEC);
    const { built } = await readApkControl(Buffer.concat([signature, control, Buffer.from('junk')]));
    expect(built).toBe(1_600_000_000);
  });
});

describe('a broken package', () => {
  const { signature, control, data } = apkMembers(SPEC);
  const flipped = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    copy[at]! ^= 1;
    return copy;
  };
  /** A package whose control member names these data. */
  const withData = (other: Buffer) => Buffer.concat([controlMember(SPEC, other), other]);

  test.each<[string, string, Buffer]>([
    ['of format 3', 'apk-v3', Buffer.from('ADBd and more')],
    ['of format 3, packed by zstd', 'apk-v3', Buffer.from('ADBc and more')],
    ['that is no package', 'not-an-apk', Buffer.from('<html>not found</html>')],
    ['that is empty', 'not-an-apk', Buffer.alloc(0)],
    ['with signatures alone', 'missing-member', signature],
    ['without data', 'missing-member', Buffer.concat([signature, control])],
    ['whose control member is another archive', 'bad-control', gzipSync(buildTar([{ path: 'x' }]))],
    ['with other data', 'wrong-datahash', Buffer.concat([signature, control, gzipSync('other')])],
    [
      'whose data were tampered with',
      'wrong-datahash',
      Buffer.concat([control, flipped(data, data.length / 2)]),
    ],
    ['whose control was tampered with', 'bad-compression', Buffer.concat([flipped(control, 30), data])],
    [
      'whose signature was tampered with',
      'bad-compression',
      Buffer.concat([flipped(signature, 30), control, data]),
    ],
    [
      'that unpacks to far more than it declares',
      'decompression-bomb',
      withData(gzipSync(Buffer.alloc(2 ** 27))),
    ],
    [
      'with a file that is not what its checksum says',
      'wrong-checksum',
      buildApk({
        ...SPEC,
        entries: [{ path: 'x', content: 'x', pax: { 'APK-TOOLS.checksum.SHA1': '0'.repeat(40) } }],
      }),
    ],
    ['with a file without checksum', 'missing-checksum', withData(gzipSync(buildTar([{ path: 'x' }])))],
    [
      'without datahash',
      'bad-control',
      Buffer.concat([gzipSync(buildTar([{ path: '.PKGINFO', content: 'pkgname = x\n' }])), data]),
    ],
  ])('%s is refused', async (_, code, bytes) => {
    await expect(readApk(bytes)).rejects.toThrowError(coded(code));
  });

  test('is refused wherever it is cut short', async () => {
    const bytes = buildApk({
      ...SPEC,
      files: { x: Buffer.from(Array.from({ length: 9000 }, (_, n) => (n * n) % 251)) },
    });
    for (let length = 0; length < bytes.length; length += 64) {
      await expect(readApk(bytes.subarray(0, length))).rejects.toThrowError(
        expect.objectContaining({ code: expect.stringMatching(/^package\//) }),
      );
    }
  });
});

const MIRROR = new URL('../../../../../shared/data/alpine-mirror/alpine/v3.20/main/', import.meta.url);

describe.skipIf(!existsSync(MIRROR))('real packages (shared test data)', () => {
  test('are read, with the identities that their index has', async () => {
    for (const arch of ['x86_64', 'aarch64']) {
      const folder = new URL(`${arch}/`, MIRROR);
      const names = readdirSync(folder).filter((name) => name.endsWith('.apk'));
      expect(names).toHaveLength(14);
      for (const name of names) {
        const { identity, entries } = await readApk(readFileSync(new URL(name, folder)));
        expect(identity).toMatch(/^Q1.{27}=$/);
        expect(entries.length).toBeGreaterThan(0);
      }
    }
  });
});
