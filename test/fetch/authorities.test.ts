import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, it } from 'vitest';
import { systemAuthorities } from '../../src/fetch/authorities.ts';
import { TEST_CERTIFICATE } from '../support/tls.ts';
import { failureOf, quickHttp, serve, temporaryDirectory } from './support.ts';

const OURS = TEST_CERTIFICATE.trim();
const NONE = { SSL_CERT_FILE: '/nonexistent' };

it.each(['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'])(
  'a mirror is trusted whose authority %s names, and not else',
  async (name) => {
    const server = await serve({ x: 'content' }, { tls: true });
    const folder = await temporaryDirectory();
    await writeFile(join(folder, 'ours.pem'), TEST_CERTIFICATE);
    const env = {
      ...NONE,
      [name]: name === 'SSL_CERT_DIR' ? `/nowhere:${folder}` : join(folder, 'ours.pem'),
    };
    const fetch = (http = quickHttp({ env })) => http.fetch([`${server.url}/x`], { what: 'x', limit: 99 });
    expect((await fetch()).body.toString()).toBe('content');
    expect(await failureOf(fetch(quickHttp({ env: NONE })))).toMatchObject({ code: 'network/tls' });
  },
);

it('authorities that Node knows are left out, and each is taken once, however it is spelt', async () => {
  const folder = await temporaryDirectory();
  const file = join(folder, 'bundle.crt');
  await writeFile(file, `# all\n${rootCertificates.join('\n')}\n${OURS}\n${OURS.replaceAll('\n', '\r\n')}\n`);
  await mkdir(join(folder, 'certs'));
  await symlink(file, join(folder, 'certs/0a0a0a0a.0'));
  const found = await systemAuthorities({ SSL_CERT_FILE: file, SSL_CERT_DIR: join(folder, 'certs') });
  expect(found.map((pem) => pem.replaceAll('\r', ''))).toEqual([OURS]);
});

it.each([
  ['no file', null],
  ['no certificates', 'junk'],
  ['a broken certificate beside a good one', `${OURS.replace(/MII\w+/, 'MIIB')}\n${OURS}\n`],
])('%s is no failure', async (_, text) => {
  const file = join(await temporaryDirectory(), 'bundle.crt');
  if (text !== null) await writeFile(file, text);
  expect(await systemAuthorities({ SSL_CERT_FILE: file })).toEqual(text?.endsWith('\n') ? [OURS] : []);
});
