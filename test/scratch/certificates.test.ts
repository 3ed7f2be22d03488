import { describe, expect, it } from 'vitest';
import { scratch } from '../../src/families/apt/plan/scratch.ts';
import type { TarEntry } from '../../src/formats/tar.ts';
import { readCertificates } from '../../src/scratch/certificates.ts';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from '../support/tls.ts';

describe('readCertificates', () => {
  it('takes every certificate and leaves the text around them', () => {
    const text = `Subject: me\n${TEST_CERTIFICATE}and\n${TEST_CERTIFICATE}end`;
    expect(readCertificates(text, 'ca.pem')).toBe(TEST_CERTIFICATE.repeat(2));
  });

  it.each([
    ['it holds no certificate', 'hello'],
    ['it holds a private key', TEST_CERTIFICATE + TEST_CERTIFICATE_KEY],
    ['a certificate in it is damaged', TEST_CERTIFICATE.replace('MIIB', 'AAAA')],
  ])('refuses a file where %s', (reason, text) => {
    expect(() => readCertificates(text, 'ca.pem')).toThrow(
      expect.objectContaining({
        code: 'usage/bad-certificate',
        message: expect.stringContaining(`cannot take certificates from \`ca.pem\`: ${reason}`),
      }),
    );
  });
});

describe('the bundle of Debian’s certificates', () => {
  it('joins the certificates in order of their names, each ending its line', () => {
    const entry = (path: string, text: string) =>
      ({ path, type: 'file', body: Buffer.from(text) }) as Partial<TarEntry> as TarEntry;
    const entries = [
      entry('./usr/share/ca-certificates/mozilla/b.crt', 'B'),
      entry('./usr/share/doc/ca-certificates/copyright', 'C'),
      entry('./usr/share/ca-certificates/mozilla/a.crt', 'A\n'),
    ];
    expect(scratch.bundleOf(entries)).toBe('A\nB\n');
  });
});
