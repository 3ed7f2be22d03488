import { describe, expect, it } from 'vitest';
import { mkbaseArguments, suiteOfScript } from '../../../src/cli/debootstrap/mkbase-arguments.ts';
import { asks, parseDebootstrap } from '../../../src/cli/debootstrap/request.ts';

const parse = (line: string) => parseDebootstrap(line.split(' '), '/srv');

/** The argument lines that callers were seen to pass. */
const CALLERS = [
  [
    'pbuilder',
    '--include=apt --variant=buildd --force-check-gpg --variant=buildd bookworm /b http://m/debian',
    { variant: 'buildd', include: ['apt'], target: '/b', mirror: 'http://m/debian', task: 'install' },
  ],
  [
    'sbuild-createchroot',
    '--arch=amd64 --variant=buildd --verbose --include=fakeroot,build-essential --components=main --resolve-deps --no-merged-usr sid /c http://m/debian /usr/share/debootstrap/scripts/sid',
    { include: ['fakeroot', 'build-essential'], mergedUsr: false, verbose: true, components: ['main'] },
  ],
  [
    'live-build',
    '--arch=arm64 --foreign --exclude=a,b bookworm chroot http://m/debian/',
    {
      task: 'foreign',
      exclude: ['a', 'b'],
      target: '/srv/chroot',
      mirror: 'http://m/debian',
      arch: 'arm64',
    },
  ],
  [
    'vmdb2',
    '--arch amd64 --variant - --components main,contrib --keyring /k --include x stable /t',
    { arch: 'amd64', variant: '-', components: ['main', 'contrib'], keyring: '/k', mirror: null },
  ],
  ['grml-debootstrap', '--arch amd64 trixie /t http://m', { variant: '-', checksSignature: true }],
] as const;

describe('parseDebootstrap', () => {
  it.each(CALLERS)('reads the command line of %s', (_, line, expected) => {
    expect(parse(line)).toMatchObject(expected);
  });

  it('joins the packages of several --include', () => {
    expect(parse('--include=a,b --include b,c sid /t').include).toEqual(['a', 'b', 'c']);
  });

  it('ends the options where the first other argument is', () => {
    expect(parse('sid /t --foreign')).toMatchObject({ task: 'install', mirror: '--foreign' });
    expect(asks(['--variant', '--help', 'sid', '/t'], '--help')).toBe(true);
    expect(asks(['--variant', 'minbase', 'sid', '--help'], '--help')).toBe(false);
  });

  it.each([
    ['--foo sid /t', 'usage/unknown-option', 'unrecognized or invalid option --foo'],
    ['--foreign=yes sid /t', 'usage/unknown-option', 'unrecognized or invalid option --foreign=yes'],
    [
      '--inrelease-path=x sid /t',
      'usage/unknown-option',
      'unrecognized or invalid option --inrelease-path=x',
    ],
    ['--arch', 'usage/missing-value', 'option requires an argument: --arch'],
    ['sid', 'usage/missing-operand', 'You must specify a suite and a target.'],
    ['--variant=fakechroot sid /t', 'usage/bad-value', 'unsupported variant'],
    ['--extractor=tar sid /t', 'usage/bad-value', 'tar: unknown extractor'],
    ['--cache-dir=c sid /t', 'usage/bad-value', 'Cache directory must be given an absolute path'],
    ['--unpack-tarball=t.tgz sid /t', 'usage/bad-value', 'Tarball must be given an absolute path'],
    [
      '--foreign --print-debs sid /t',
      'usage/conflict',
      '--foreign is specified with --print-debs, please use only one of those options.',
    ],
    ['--no-check-sig --force-check-gpg sid /t', 'usage/conflict', /--no-check-gpg is specified with/],
    ['--merged-usr --no-merged-usr sid /t', 'usage/conflict', /--merged-usr is specified with/],
    ['--second-stage sid /t', 'usage/bad-value', 'the second stage is in TARGET, and needs no mkbase'],
  ] as const)('refuses `%s`', (line, code, message) => {
    expect(() => parse(line)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

describe('mkbaseArguments', () => {
  it('asks for one pocket, with the trust of debootstrap and all that scripts make', () => {
    const request = parse(
      '--variant=- --components=main,contrib --extra-suites=x --no-check-gpg sid /t http://m',
    );
    const argv = mkbaseArguments(request, { like: null, directory: '/t/debootstrap/base' });
    expect(argv).toEqual(
      expect.arrayContaining([
        ...['--variant=important', '--pockets=release', '--components=main,contrib', '--mirror=http://m'],
        ...['--source=deb http://m x main contrib', '--no-check-sig', '--keep-secrets', '--lock-out=-'],
      ]),
    );
    expect(argv.slice(-3)).toEqual(['--', 'sid', '/t/debootstrap/base']);
  });

  it('takes a script for the suite of its name', () => {
    expect(suiteOfScript('/usr/share/debootstrap/scripts/sid')).toBe('sid');
    expect(suiteOfScript('warty.buildd')).toBe('warty');
  });
});
