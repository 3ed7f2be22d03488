/** The certificates of authorities that programs trust. */
import { X509Certificate } from 'node:crypto';
import { MkbaseError, quoted, reasonOf } from '../errors.ts';

/** A file of certificates, checked. */
export interface OwnCertificates {
  /** The file's name without folders. */
  readonly name: string;
  readonly pem: string;
}

/** Which of them an image has. */
export interface CertificateChoice {
  /** Those of the distribution's package. */
  readonly packaged: boolean;
  readonly own: readonly OwnCertificates[];
}

/** Where Debian, Alpine, Go and OpenSSL look. */
export const CA_BUNDLE = 'etc/ssl/certs/ca-certificates.crt';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;

/**
 * The certificates in a PEM file, RFC 7468, without the text around them.
 *
 * @throws MkbaseError `usage/bad-certificate`: none in it, a damaged one, a key
 */
export function readCertificates(text: string, name: string): string {
  const blocks = [...text.matchAll(BLOCK)];
  const key = blocks.find(([, label]) => label?.endsWith('PRIVATE KEY'));
  if (key !== undefined) throw badCertificate(name, 'it holds a private key');
  const certificates = blocks.filter(([, label]) => label === 'CERTIFICATE' || label === 'X509 CERTIFICATE');
  if (certificates.length === 0) throw badCertificate(name, 'it holds no certificate');
  for (const [pem] of certificates) {
    try {
      new X509Certificate(pem);
    } catch (error) {
      throw badCertificate(name, `a certificate in it is damaged: ${reasonOf(error)}`);
    }
  }
  return certificates.map(([pem]) => `${pem}\n`).join('');
}

function badCertificate(name: string, reason: string): MkbaseError {
  return new MkbaseError(
    'usage/bad-certificate',
    `cannot take certificates from ${quoted(name)}: ${reason}`,
    {
      hint: 'give certificates of authorities as PEM, and no keys',
    },
  );
}
