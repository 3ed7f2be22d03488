import { describe, expect, it } from 'vitest';
import { type ChooseOptions, choosePackages } from '../../../../src/families/apt/choose/variants.ts';
import { source } from '../../../support/index-text.ts';

const RELEASE = source([
  { Package: 'dpkg', Essential: 'yes', Priority: 'required', Pre_Depends: 'libc6 (>= 2)' },
  { Package: 'libc6', Version: '2.0' },
  {
    Package: 'base',
    Essential: 'yes',
    Priority: 'required',
    Depends: 'usrmerge | usr-is-merged',
    Architecture: 'all',
  },
  { Package: 'usrmerge', Depends: 'perl' },
  { Package: 'usr-is-merged', Conflicts: 'usrmerge' },
  { Package: 'perl' },
  { Package: 'apt', Priority: 'required', Depends: 'libapt' },
  { Package: 'libapt' },
  { Package: 'less', Priority: 'important' },
  { Package: 'man-db', Priority: 'standard', Recommends: 'groff' },
  { Package: 'groff' },
  { Package: 'build-essential', Depends: 'gcc' },
  { Package: 'gcc' },
  { Package: 'foreign', Architecture: 'i386', Priority: 'required' },
]);
const SECURITY = source([{ Package: 'libc6', Version: '2.0+deb1', SHA256: 'CD'.repeat(32) }], {
  pocket: 'security',
});

function choose(options: Partial<ChooseOptions> = {}): string {
  const chosen = choosePackages([RELEASE, SECURITY], { arch: 'amd64', variant: 'minbase', ...options });
  return chosen.map(({ name }) => name).join(' ');
}

const ESSENTIAL = 'base dpkg libc6 perl usrmerge';

describe('choosePackages', () => {
  it.each([
    ['essential', ESSENTIAL],
    ['apt', `apt ${ESSENTIAL}`.replace('dpkg', 'dpkg libapt').replace('libapt libc6', 'libapt libc6')],
    ['minbase', 'apt base dpkg libapt libc6 perl usrmerge'],
    ['buildd', 'apt base build-essential dpkg gcc libapt libc6 perl usrmerge'],
    ['important', 'apt base dpkg less libapt libc6 perl usrmerge'],
    ['standard', 'apt base dpkg less libapt libc6 man-db perl usrmerge'],
  ] as const)('has the packages of %s', (variant, expected) => {
    expect(choose({ variant })).toBe(expected);
  });

  it('has for custom only what is included and needed', () => {
    expect(choose({ variant: 'custom', include: ['apt'] })).toBe('apt libapt');
  });

  it('takes the newest version of all pockets and says where it is from', () => {
    const libc6 = choosePackages([RELEASE, SECURITY], { arch: 'amd64', variant: 'essential' })[2];
    expect(libc6).toEqual({
      name: 'libc6',
      version: '2.0+deb1',
      arch: 'amd64',
      pocket: 'security',
      path: 'pool/libc6.deb',
      size: 1000,
      digest: `sha256:${'cd'.repeat(32)}`,
      reason: 'essential',
      installedSize: 10_240,
    });
  });

  it('tells what is in place before any script from what was asked for and what came with it', () => {
    const chosen = choosePackages([RELEASE], { arch: 'amd64', variant: 'minbase', include: ['gcc'] });
    const reasons = Object.fromEntries(chosen.map(({ name, reason }) => [name, reason]));
    expect(reasons).toMatchObject({
      base: 'essential',
      libc6: 'essential',
      perl: 'essential',
      apt: 'requested',
      gcc: 'requested',
      libapt: 'dependency',
    });
  });

  it('follows a preference', () => {
    const preferences = [{ prefer: 'usr-is-merged', over: 'usrmerge', reason: 'smaller' }];
    expect(choose({ variant: 'essential', preferences })).toBe('base dpkg libc6 usr-is-merged');
  });

  it('lets an included package take the place of one that the Essential set would draw in', () => {
    expect(choose({ variant: 'essential', include: ['usr-is-merged'] })).toBe(
      'base dpkg libc6 usr-is-merged',
    );
  });

  it('adds recommendations where asked', () => {
    expect(choose({ variant: 'standard', recommends: true })).toContain('groff');
  });

  it('leaves an excluded package out, and takes the next alternative', () => {
    expect(choose({ variant: 'essential', exclude: ['usrmerge'] })).toBe('base dpkg libc6 usr-is-merged');
    expect(choose({ variant: 'essential', exclude: ['dpkg'] })).toBe('base perl usrmerge');
  });

  it('refuses where an excluded package is needed', () => {
    expect(() => choose({ exclude: ['libc6'] })).toThrow(
      expect.objectContaining({ code: 'resolution/unsatisfiable', hint: 'take `libc6` out of `--exclude`' }),
    );
  });

  it('leaves Priority required out of a variant that the recipe says to be without', () => {
    expect(choose({ variant: 'buildd', withRequired: false, extra: [] })).toBe(
      'apt base build-essential dpkg gcc libapt libc6 perl usrmerge',
    );
    const index = source([
      { Package: 'apt' },
      { Package: 'build-essential' },
      { Package: 'login', Priority: 'required' },
    ]);
    const names = (withRequired: boolean) =>
      choosePackages([index], { arch: 'amd64', variant: 'buildd', withRequired }).map(({ name }) => name);
    expect(names(true)).toEqual(['apt', 'build-essential', 'login']);
    expect(names(false)).toEqual(['apt', 'build-essential']);
  });

  it('adds what the recipe knows of a variant', () => {
    expect(choose({ variant: 'essential', extra: ['less'] })).toContain('less');
  });

  it.each([
    ['perl', '1.0'],
    ['libc6=2.0', '2.0'],
    ['libc6/release', '2.0'],
    ['libc6/security', '2.0+deb1'],
    ['libc6:amd64', '2.0+deb1'],
    ['libc6=2.0+*', '2.0+deb1'],
    ['libc6=2.*', '2.0+deb1'],
  ])('includes %s', (entry, version) => {
    const [chosen] = choosePackages([RELEASE, SECURITY], {
      arch: 'amd64',
      variant: 'custom',
      include: [entry],
    });
    expect(chosen?.version).toBe(version);
  });

  it.each([
    ['les', 'resolution/unknown-package', 'did you mean `less`'],
    ['libc6=3', 'resolution/unknown-package', 'there is: 2.0+deb1 (security), 2.0 (release)'],
    ['less/updates', 'resolution/unknown-package', 'there is: 1.0 (release)'],
    ['less:i386', 'resolution/unknown-package', 'leave the architecture out'],
    ['a b', 'usage/include-malformed', 'write `name`, `name=version`, `name/suite`, `name:arch` or'],
    ['libc6=3.*', 'resolution/unknown-package', 'there is: 2.0+deb1 (security), 2.0 (release)'],
    ['typewriter^', 'resolution/unknown-package', 'the field `Task` of packages'],
  ])('refuses to include %s', (entry, code, hint) => {
    expect(() => choose({ include: [entry] })).toThrow(
      expect.objectContaining({ code, hint: expect.stringContaining(hint) as string }),
    );
  });

  it('includes the packages of a task', () => {
    const index = source([
      { Package: 'sshd', Task: 'ssh-server' },
      { Package: 'sshd-guard', Task: 'web-server, ssh-server' },
      { Package: 'ssh-server-doc', Task: 'ssh-server-doc' },
    ]);
    const include = ['ssh-server^'];
    const chosen = choosePackages([index], { arch: 'amd64', variant: 'custom', include });
    expect(chosen.map(({ name, reason }) => `${name} ${reason}`)).toEqual([
      'sshd requested',
      'sshd-guard requested',
    ]);
  });

  describe('takes from a suite that is named what the package needs of it', () => {
    const stable = source([
      { Package: 'tool', Depends: 'libtool1' },
      { Package: 'libtool1' },
      { Package: 'data' },
      { Package: 'other', Depends: 'data' },
    ]);
    const extra = source(
      [
        { Package: 'tool', Version: '2.0', Depends: 'libtool1 (>= 2), other' },
        { Package: 'libtool1', Version: '2.0', Depends: 'data (= 2.0)' },
        { Package: 'data', Version: '2.0' },
        { Package: 'other', Version: '2.0' },
        { Package: 'broken', Version: '2.0', Depends: 'libtool1 (>= 2), nowhere (>= 2)' },
      ],
      { pocket: 'extra', pin: 100 },
    );
    const versions = (include: readonly string[], solver: 'apt' | '3') =>
      choosePackages([stable, extra], { arch: 'amd64', variant: 'custom', include, solver })
        .map(({ name, version }) => `${name} ${version}`)
        .join(', ');

    it.each(['apt', '3'] as const)('in turn, and no more: solver %s', (solver) => {
      expect(versions(['tool/extra'], solver)).toBe('data 2.0, libtool1 2.0, other 1.0, tool 2.0');
      expect(versions(['tool'], solver)).toBe('libtool1 1.0, tool 1.0');
    });

    it('and leaves all as it was where that does not help', () => {
      expect(() => versions(['broken/extra'], 'apt')).toThrow(
        expect.objectContaining({ code: 'resolution/unsatisfiable' }),
      );
    });
  });

  it('refuses a name that is both included and excluded', () => {
    expect(() => choose({ include: ['less=1.0'], exclude: ['less'] })).toThrow(
      expect.objectContaining({ code: 'usage/include-excluded' }),
    );
  });

  it('takes the only provider of a virtual name, and lists several', () => {
    const one = source([{ Package: 'mawk', Provides: 'awk' }]);
    const two = source([{ Package: 'gawk', Provides: 'awk' }]);
    const options = { arch: 'amd64', variant: 'custom', include: ['awk'] } as const;
    expect(choosePackages([one], options)[0]?.name).toBe('mawk');
    expect(() => choosePackages([one, two], options)).toThrow(
      expect.objectContaining({
        code: 'resolution/virtual-package',
        hint: 'include one of them instead: `gawk`, `mawk`',
        data: { name: 'awk', providers: ['gawk', 'mawk'] },
      }),
    );
  });

  it.each([
    [{ SHA256: '' }, 'signature/index-without-hash'],
    [{ SHA256: 'xyz' }, 'signature/index-without-hash'],
    [{ Size: '' }, 'package/index-incomplete'],
    [{ Size: '-1' }, 'package/index-incomplete'],
    [{ Filename: '' }, 'package/index-incomplete'],
    [{ Filename: '/../etc/passwd' }, 'package/path-unsafe'],
    [{ Filename: 'pool/../../x' }, 'package/path-unsafe'],
    [{ Filename: 'http://elsewhere/x.deb' }, 'package/path-unsafe'],
    [{ Depends: 'b (>= ' }, 'package/relation-malformed'],
  ])('refuses a choice that the index describes as %j', (fields, code) => {
    const damaged = source([{ Package: 'a', ...fields }]);
    expect(() => choosePackages([damaged], { arch: 'amd64', variant: 'custom', include: ['a'] })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('minds no damage in what is not chosen', () => {
    const sources = [RELEASE, source([{ Package: 'a', SHA256: '', Depends: 'b (>= ' }])];
    expect(() => choosePackages(sources, { arch: 'amd64', variant: 'minbase' })).not.toThrow();
  });

  it('reads the path of a flat repository', () => {
    const flat = source([{ Package: 'a', Filename: './a+b~1%3a.deb' }]);
    const [chosen] = choosePackages([flat], { arch: 'amd64', variant: 'custom', include: ['a'] });
    expect(chosen?.path).toBe('a+b~1%3a.deb');
  });
});
