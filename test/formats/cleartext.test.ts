import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MkbaseError } from '../../src/errors.ts';
import { openCleartext, signedBytes } from '../../src/formats/cleartext.ts';
import { readKeyring, verifySignatures } from '../../src/formats/openpgp.ts';
import { clearSign, makeKey } from '../support/key.ts';

const SIGNATURE = '-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n';
const signed = (body: string): Buffer =>
  Buffer.from(`-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${body}\n${SIGNATURE}`, 'latin1');
const textOf = (file: Buffer): string | undefined => openCleartext(file, 'it')?.text.toString('latin1');

describe('openCleartext', () => {
  test.each([
    ['plain lines', 'A: 1\nB: 2', 'A: 1\nB: 2\n'],
    [
      'dash escapes',
      'A: 1\n- -----BEGIN PGP SIGNATURE-----\n- - x',
      'A: 1\n-----BEGIN PGP SIGNATURE-----\n- x\n',
    ],
    ['CRLF and white space at the ends of lines, which are not signed', 'A: 1 \t\r\nB: 2\r', 'A: 1\nB: 2\n'],
    ['bytes beyond ASCII', 'Label: J\xf6\xff', 'Label: J\xf6\xff\n'],
    ['an empty text', '', '\n'],
  ])('%s', (_, body, text) => {
    expect(textOf(signed(body))).toBe(text);
  });

  test('a file whose lines end in CRLF throughout is taken', () => {
    expect(textOf(Buffer.from(signed('A: 1').toString().replaceAll('\n', '\r\n')))).toBe('A: 1\n');
  });

  test.each([
    ['a Release that is not signed', 'Origin: x\n'],
    ['a web page', '<!DOCTYPE html>\n<html></html>\n'],
    ['text before the block', `Suite: evil\n${signed('A: 1')}`],
    ['nothing', ''],
  ])('%s is no signed text', (_, text) => {
    expect(openCleartext(Buffer.from(text), 'it')).toBeNull();
  });

  test.each([
    ['text after the block', `${signed('A: 1')}Suite: evil\n`, 'text follows the signed block'],
    ['a second block', `${signed('A: 1')}${signed('B: 1')}`, 'text follows the signed block'],
    [
      'a line that hides as a head',
      `${signed('A: 1')}`.replace('\n\n', '\nEvil: x\n\n'),
      'its head holds more',
    ],
    ['an unescaped dash', `${signed('-----BEGIN X-----')}`, 'unescaped dash'],
    ['a file cut in the text', `${signed('A: 1\nB: 2')}`.slice(0, 60), 'cut off'],
    ['a file cut in the signature', `${signed('A: 1')}`.slice(0, -40), 'cut off'],
  ])('%s is refused', (_, text, reason) => {
    expect(() => openCleartext(Buffer.from(text), 'it')).toThrow(
      expect.objectContaining({ code: 'signature/malformed', message: expect.stringContaining(reason) }),
    );
  });

  test('gives the very text that a real signature covers', async () => {
    const key = await makeKey();
    const text = 'Origin: x  \n-----\n- a\nDate: y\n\nlast';
    const date = new Date('2026-01-01T00:00:00Z');
    const cleartext = openCleartext(Buffer.from(await clearSign(text, [key], date)), 'it')!;
    expect(cleartext.text.toString()).toBe('Origin: x\n-----\n- a\nDate: y\n\nlast\n');
    const ring = await readKeyring(Buffer.from(key.armored), 'key');
    const found = await verifySignatures(
      { text: signedBytes(cleartext), signatures: cleartext.signatures, what: 'it' },
      ring,
      date,
    );
    expect(found).toBe(key.fingerprint.toUpperCase());
  });

  test('no file makes it fail in another way', () => {
    const piece = fc.constantFrom(
      '-----BEGIN PGP SIGNED MESSAGE-----',
      '-----BEGIN PGP SIGNATURE-----',
      '-----END PGP SIGNATURE-----',
      'Hash: SHA256',
      '',
      '- ',
      '-',
      ' ',
      '\r',
      'A: 1',
      '\0',
    );
    fc.assert(
      fc.property(fc.array(piece), fc.boolean(), (lines, begins) => {
        const all = begins ? ['-----BEGIN PGP SIGNED MESSAGE-----', '', ...lines] : lines;
        try {
          const opened = openCleartext(Buffer.from(all.join('\n')), 'it');
          if (opened !== null) expect(all.join('\n')).toContain('-----END PGP SIGNATURE-----');
        } catch (error) {
          expect(error).toBeInstanceOf(MkbaseError);
        }
      }),
    );
  });
});
