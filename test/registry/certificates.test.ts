import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificateFolders, findCertificates } from '../../src/registry/certificates.ts';
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from '../support/tls.ts';
import { failureOf, open, quickSession, serveRegistry } from './support.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'mkbase-certs-'));
});
afterEach(() => rm(home, { recursive: true }));

describe('a registry with a certificate of its own', () => {
  it('is trusted where its authority lies in certs.d, and not else', async () => {
    const server = await serveRegistry({ tls: 'server' });
    const ask = () => open(`${server.host}/base`, session()).digest('1');
    expect(await failureOf(ask())).toMatchObject({ code: 'registry/tls' });
    await put(server.host, { 'ca.crt': TEST_CERTIFICATE });
    expect(await ask()).toBeNull();
  });

  it("is trusted where its authority is one of this machine's, with a certificate of the user's too", async () => {
    const server = await serveRegistry({ tls: 'client' });
    await put(server.host, { 'client.cert': TEST_CERTIFICATE, 'client.key': TEST_CERTIFICATE_KEY });
    await writeFile(join(home, 'bundle.crt'), TEST_CERTIFICATE);
    const env = { HOME: home, SSL_CERT_FILE: join(home, 'bundle.crt') };
    const asking = quickSession({ env, plainHttp: false });
    expect(await open(`${server.host}/base`, asking).digest('1')).toBeNull();
  });

  it('gets the certificate of the user', async () => {
    const server = await serveRegistry({ tls: 'client' });
    await put(server.host, { 'ca.crt': TEST_CERTIFICATE });
    await failureOf(open(`${server.host}/base`, session()).digest('1'));
    const shown = { 'client.cert': TEST_CERTIFICATE, 'client.key': TEST_CERTIFICATE_KEY };
    await put(server.host, shown);
    expect(await open(`${server.host}/base`, session()).digest('1')).toBeNull();
  });

  it.each([
    ['no PEM', { 'ca.crt': TEST_CERTIFICATE, 'a.cert': 'junk', 'a.key': 'junk' }],
    ['no key', { 'a.cert': TEST_CERTIFICATE }],
  ])('says so of certificates that are %s', async (_, files) => {
    await put('127.0.0.1:9', files);
    const error = await failureOf(open('127.0.0.1:9/base', session()).digest('1'));
    expect(error).toMatchObject({ code: 'registry/certificates' });
    expect(error.message).toContain('certs.d/127.0.0.1:9`');
  });

  it('is looked for where podman and docker do', async () => {
    expect(certificateFolders({ HOME: '/h' })[0]).toBe('/h/.config/containers/certs.d');
    await put('r.example', { 'b.crt': 'B', 'a.crt': 'A', README: 'x' });
    const [first] = certificateFolders({ HOME: home });
    expect(await findCertificates('other.example', [first!])).toBeNull();
    expect((await findCertificates('r.example', ['/nowhere', first!]))?.settings).toEqual({
      ...{ certificate: null, privateKey: null, authorities: 'A\nB' },
    });
  });
});

function session() {
  return quickSession({ env: { HOME: home }, plainHttp: false });
}

async function put(host: string, files: Readonly<Record<string, string>>): Promise<void> {
  const folder = join(home, '.config/containers/certs.d', host);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}
