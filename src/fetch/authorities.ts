/** The authorities that this machine trusts besides Node's own list, as its owner has added them. */
import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

/** The one file of all that distributions make, as Go's crypto/x509 looks for it. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Alpine
  '/etc/pki/tls/certs/ca-bundle.crt', // Fedora
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // Red Hat
  '/etc/ssl/cert.pem', // BSD
];

/**
 * PEM texts from the file of `SSL_CERT_FILE` or else the distribution's, the folders of `SSL_CERT_DIR` and
 * the file of `NODE_EXTRA_CA_CERTS`. Those that Node knows are left out. Unreadable files are skipped: if one
 * was needed, the connection to the untrusted server fails and says so.
 */
export async function systemAuthorities(
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders = '', NODE_EXTRA_CA_CERTS: extra = '' } = env;
  const texts = await Promise.all([
    file ? textOf(file) : firstText(BUNDLES),
    ...folders.split(':').filter(Boolean).map(textBelow),
    textOf(extra),
  ]);
  const known = new Set(rootCertificates.map(withoutSpace));
  const found = new Map(texts.flatMap(certificatesIn).map((pem) => [withoutSpace(pem), pem]));
  return [...found].flatMap(([key, pem]) => (known.has(key) || !isCertificate(pem) ? [] : [pem]));
}

async function firstText(files: readonly string[]): Promise<string> {
  for (const file of files) {
    const text = await textOf(file);
    if (text !== '') return text;
  }
  return '';
}

async function textBelow(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  return (await Promise.all(names.map((name) => textOf(join(folder, name))))).join('\n');
}

async function textOf(file: string): Promise<string> {
  return file === '' ? '' : readFile(file, 'latin1').catch(() => '');
}

function certificatesIn(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

function withoutSpace(pem: string): string {
  return pem.replace(/\s/g, '');
}

/** One that cannot be read would take all others with it. */
function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
