import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { tlsFrom } from '../../src/cli/tls.ts';
import { temporaryDirectory } from '../fetch/support.ts';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from '../support/tls.ts';

async function read(options: string) {
  const cwd = await temporaryDirectory();
  await writeFile(join(cwd, 'cert.pem'), TEST_CERTIFICATE);
  await writeFile(join(cwd, 'key.pem'), TEST_CERTIFICATE_KEY);
  await writeFile(join(cwd, 'both.pem'), TEST_CERTIFICATE + TEST_CERTIFICATE_KEY);
  return tlsFrom(parseArguments(`sid out ${options}`.split(' ')).flags, cwd);
}

describe('certificates', () => {
  test('are read, the key from a file of its own or the certificate’s', async () => {
    expect(await read('--certificate cert.pem --private-key key.pem --ca-certificate cert.pem')).toEqual({
      certificate: TEST_CERTIFICATE,
      privateKey: TEST_CERTIFICATE_KEY,
      authorities: TEST_CERTIFICATE,
    });
    const both = TEST_CERTIFICATE + TEST_CERTIFICATE_KEY;
    expect(await read('--certificate both.pem')).toMatchObject({ certificate: both, privateKey: both });
  });

  test.each([
    ['--private-key key.pem', 'usage/missing-value'],
    ['--certificate cert.pem', 'usage/bad-certificate'],
    ['--certificate key.pem', 'usage/bad-certificate'],
    ['--ca-certificate none.pem', 'usage/bad-certificate'],
  ])('%s is refused', async (options, code) => {
    await expect(read(options)).rejects.toMatchObject({ code });
  });
});
