import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MkbaseError, reasonOf } from '../errors.ts';
import type { TlsSettings } from '../fetch/agent.ts';
import type { Flags, OptionName } from './options.ts';

/** debootstrap's options for https. A key that stands in the certificate's file need not be named. */
export async function tlsFrom(flags: Flags, cwd: string): Promise<TlsSettings> {
  const { certificate, 'private-key': key, 'ca-certificate': authorities } = flags;
  if (key !== null && certificate === null) {
    throw new MkbaseError('usage/missing-value', '`--private-key` needs `--certificate`', {
      hint: "name the certificate's file, too",
    });
  }
  return {
    certificate: await pem('certificate', certificate, cwd),
    privateKey: await pem('private-key', key ?? certificate, cwd),
    authorities: await pem('ca-certificate', authorities, cwd),
  };
}

async function pem(option: OptionName, file: string | null, cwd: string): Promise<string | null> {
  if (file === null) return null;
  const path = resolve(cwd, file);
  try {
    const text = await readFile(path, 'utf8');
    if (option === 'private-key') createPrivateKey(text);
    else new X509Certificate(text);
    return text;
  } catch (cause) {
    throw new MkbaseError('usage/bad-certificate', `cannot use \`${path}\`: ${reasonOf(cause)}`, {
      hint: `\`--${option}\` takes a file in PEM form${option === 'private-key' ? ', without a passphrase' : ''}`,
      cause,
    });
  }
}
