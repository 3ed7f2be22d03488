import { describe, expect, it } from 'vitest';
import { hasData, parseArguments } from '../../src/cli/arguments.ts';

const parse = (line: string) => parseArguments(line.split(' '));

describe('parseArguments', () => {
  it('takes options before, between and after the operands, in both spellings', () => {
    const { command, operands, flags } = parse('--arch arm64 sid -v ./out --variant=apt http://m --json -j4');
    expect(command.name).toBe('build');
    expect(operands).toEqual(['sid', './out', 'http://m']);
    expect(flags).toMatchObject({ arch: ['arm64'], variant: 'apt', verbose: true, json: true, jobs: '4' });
  });

  it('gives every option of the table, absent ones as false, null or an empty list', () => {
    const { flags } = parse('sid x');
    expect(flags).toMatchObject({ json: false, arch: [], include: [], keyring: [], 'no-check-sig': false });
  });

  it('merges lists over repetitions, commas and spaces, each word once', () => {
    const { flags } = parseArguments(['sid', 'x', '--include=a,b', '--include', 'b c', '--include', ',d,']);
    expect(flags.include).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps a repeated file whole and takes the last of a repeated value', () => {
    const { flags } = parse('sid x --keyring a,b --keyring c --variant apt --variant buildd');
    expect(flags.keyring).toEqual(['a,b', 'c']);
    expect(flags.variant).toBe('buildd');
  });

  it('takes `-` as a value and as an operand', () => {
    const { operands, flags } = parse('--variant - sid -');
    expect(flags.variant).toBe('-');
    expect(operands).toEqual(['sid', '-']);
  });

  it('keeps numbers and dots of operands and values as text', () => {
    const { operands, flags } = parse('017 1e3 --lock-out 0x10 --include 5');
    expect(operands).toEqual(['017', '1e3']);
    expect(flags).toMatchObject({ 'lock-out': '0x10', include: ['5'] });
  });

  it.each([
    ['--no-check-gpg', 'no-check-sig'],
    ['--dry-run', 'simulate'],
    ['-s', 'simulate'],
    ['-q', 'quiet'],
  ])('knows %s as --%s', (typed, name) => {
    expect(parse(`sid x ${typed}`).flags[name as 'quiet']).toBe(true);
  });

  it('keeps the order of path rules across both options', () => {
    const { pathRules } = parse(
      'sid x --exclude-path /a/* --include-path=/a/b=c --exclude-path=/a/b/d -- --exclude-path=no',
    );
    expect(pathRules).toEqual([
      { kind: 'rule', rule: 'path-exclude=/a/*' },
      { kind: 'rule', rule: 'path-include=/a/b=c' },
      { kind: 'rule', rule: 'path-exclude=/a/b/d' },
    ]);
  });

  it('ends options at `--`', () => {
    expect(parse('sid -- --json').operands).toEqual(['sid', '--json']);
  });

  it.each([
    ['sid x --varient apt', 'usage/unknown-option', '`--varient`', 'did you mean `--variant`'],
    ['sid x --inclde=a', 'usage/unknown-option', '`--inclde`', 'did you mean `--include`'],
    ['sid x --no-check-gpp', 'usage/unknown-option', '`--no-check-gpp`', 'did you mean `--force-check-gpg`'],
    ['sid x --no-check-sigg', 'usage/unknown-option', '`--no-check-sigg`', 'see `mkbase --help`'],
    ['sid x --allow-trust', 'usage/unknown-option', '`--allow-trust`', 'see `mkbase --help`'],
    ['sid x -x', 'usage/unknown-option', '`-x`', 'see `mkbase --help` for all options'],
    ['sid x --zzzzzz', 'usage/unknown-option', '`--zzzzzz`', 'see `mkbase --help` for all options'],
    ['sid x --arch', 'usage/missing-value', '`--arch`', '`--arch=VALUE`'],
    ['sid x --arch --json', 'usage/missing-value', '`--arch`', '`--arch VALUE`'],
    ['sid x --arch=', 'usage/missing-value', '`--arch`', '`--arch VALUE`'],
    ['sid x -j', 'usage/missing-value', '`-j`', '`-j VALUE`'],
    ['sid x --json=yes', 'usage/bad-value', '`--json`', 'alone'],
    ['list --variant apt', 'usage/unknown-option', '`mkbase list` takes no option `--variant`', '`--json`'],
    ['rm --no-check-sig d', 'usage/unknown-option', '`mkbase rm`', '`--json`'],
  ])('refuses %j as %s and says what to write', (line, code, subject, hint) => {
    expect(() => parse(line)).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining(subject),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  it('knows a command by its first operand alone', () => {
    expect(parse('list --json').command.name).toBe('list');
    expect(parse('rm a b').operands).toEqual(['a', 'b']);
    expect(parse('sid list').command.name).toBe('build');
  });
});

describe('hasData', () => {
  it.each([
    ['sid x', false],
    ['sid -', true],
    ['sid --simulate', true],
    ['sid x --print-debs', true],
    ['list', true],
  ])('tells of %j whether standard output is taken by data: %s', (line, expected) => {
    expect(hasData(parse(line))).toBe(expected);
  });
});
