import { describe, expect, it } from 'vitest';
import { bytesText, columns, counted, durationText, printable } from '../src/text.ts';

describe('bytesText', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_949, '99.9 kB'],
    [99_950, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [45_800_000, '45.8 MB'],
    [3_210_000_000, '3.2 GB'],
  ])('writes %i as %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));
});

describe('durationText', () => {
  it.each([
    [0, '0.0 s'],
    [3249, '3.2 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min 00 s'],
    [125_400, '2 min 05 s'],
  ])('writes %i ms as %s', (milliseconds, text) => expect(durationText(milliseconds)).toBe(text));
});

describe('printable', () => {
  it('shows control characters and keeps tabs and other scripts', () => {
    expect(printable('a\tb\r\n\x1b[2J\x7f\x9b0m é 日本')).toBe('a\tb\\x0d\\x0a\\x1b[2J\\x7f\\x9b0m é 日本');
  });
});

describe('counted', () => {
  it('has one package and several', () => {
    expect([counted(1, 'package'), counted(0, 'package')]).toEqual(['1 package', '0 packages']);
  });
});

describe('columns', () => {
  it('pads to the widest cell, to the right where asked, and leaves no trailing space', () => {
    expect(
      columns(
        [
          ['a', '1', 'x'],
          ['bcd', '22', ''],
        ],
        [1],
      ),
    ).toEqual(['a     1  x', 'bcd  22']);
    expect(columns([])).toEqual([]);
  });
});
