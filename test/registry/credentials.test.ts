import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseReference } from '../../src/image/reference.ts';
import { accountFiles, findCredentials } from '../../src/registry/credentials.ts';
import { failureOf } from './support.ts';

const SECRET = 'hunter2:with:colons';
const ACCOUNT = { kind: 'password', user: 'me', password: SECRET };

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'mkbase-accounts-'));
});
afterEach(() => rm(home, { recursive: true }));

describe('accountFiles', () => {
  it.each([
    [{}, ['/h/.config/containers/auth.json', '/h/.docker/config.json']],
    [
      { XDG_RUNTIME_DIR: '/run/user/7', XDG_CONFIG_HOME: '/c' },
      ['/run/user/7/containers/auth.json', '/c/containers/auth.json', '/h/.docker/config.json'],
    ],
    [{ DOCKER_CONFIG: '/d' }, ['/d/config.json', '/h/.config/containers/auth.json']],
    [{ DOCKER_CONFIG: '/d', REGISTRY_AUTH_FILE: '/r.json' }, ['/r.json']],
  ])('with %j are %j', (env, files) => {
    expect(accountFiles({ env: { HOME: '/h', ...env }, authFile: null })).toEqual(files);
  });

  it('is the one that was named', () => {
    expect(accountFiles({ env: { REGISTRY_AUTH_FILE: '/r.json' }, authFile: '/a.json' })).toEqual([
      '/a.json',
    ]);
  });
});

describe('findCredentials', () => {
  it.each([
    ['registry.example', 'registry.example/base'],
    ['registry.example:5000', 'registry.example:5000/base'],
    ['https://registry.example/v1/', 'registry.example/base'],
    ['https://registry.example', 'registry.example/base'],
    ['registry.example/v2/', 'registry.example/base'],
    ['registry.example/', 'registry.example/base'],
    ['registry.example/team', 'registry.example/team/base'],
    ['https://index.docker.io/v1/', 'debian'],
    ['docker.io', 'someone/base'],
  ])('takes the account of %s for %s', async (key, name) => {
    await accounts({ auths: { [key]: { auth: encoded(`me:${SECRET}`) } } });
    expect(await find(name)).toEqual(ACCOUNT);
  });

  it.each([
    ['registry.example', 'registry.example:5000/base'],
    ['registry.example', 'other.example/registry.example'],
    ['registry.example/team', 'registry.example/teams/base'],
    ['registry.example/v2/team', 'registry.example/base'],
    ['https://registry.example.evil.example/v1/', 'registry.example/base'],
  ])('does not take the account of %s for %s', async (key, name) => {
    await accounts({ auths: { [key]: { auth: encoded(`me:${SECRET}`) } } });
    expect(await find(name)).toBeNull();
  });

  it('prefers the account of the longer part of the name', async () => {
    const auths = {
      'r.example': { auth: encoded('you:x') },
      'r.example/team': { auth: encoded(`me:${SECRET}`) },
    };
    await accounts({ auths });
    expect(await find('r.example/team/base')).toEqual(ACCOUNT);
    expect(await find('r.example/base')).toMatchObject({ user: 'you' });
  });

  it('takes plain names, and identity tokens first', async () => {
    await accounts({ auths: { 'a.example': { username: 'me', password: SECRET } } });
    expect(await find('a.example/base')).toEqual(ACCOUNT);
    await accounts({ auths: { 'a.example': { auth: encoded('me:'), identitytoken: 'abc' } } });
    expect(await find('a.example/base')).toEqual({ kind: 'identity', token: 'abc' });
  });

  it('takes a token for the registry itself', async () => {
    await accounts({ auths: { 'a.example': { registrytoken: 'abc.def' } } });
    expect(await find('a.example/base')).toEqual({ kind: 'access', token: 'abc.def' });
    await accounts({ auths: { 'a.example': { registrytoken: 'abc\r\nhost: b' } } });
    expect(await failureOf(find('a.example/base'))).toMatchObject({ code: 'registry/credential-file' });
  });

  it.each(['', '\n'])('takes an empty file for one without accounts: %j', async (text) => {
    await writeFile(join(home, 'auth.json'), text);
    expect(await find('a.example/base', join(home, 'auth.json'))).toBeNull();
  });

  it('goes on to the next file where one has no account', async () => {
    await accounts({ auths: { 'other.example': { auth: encoded('a:b') } } }, '.config/containers/auth.json');
    await accounts({ auths: { 'r.example': { auth: encoded(`me:${SECRET}`) } } });
    expect(await find('r.example/base')).toEqual(ACCOUNT);
  });

  it.each([
    ['credHelpers', { credHelpers: { 'r.example': 'test' } }],
    ['credsStore', { credsStore: 'test', auths: { 'r.example': {} } }],
  ])('asks the helper of %s', async (_, file) => {
    await helper(
      `read server; [ "$server" = r.example ] && echo '{"ServerURL":"x","Username":"me","Secret":"${SECRET}"}'`,
    );
    await accounts(file);
    expect(await find('r.example/base')).toEqual(ACCOUNT);
  });

  it('takes an identity token from a helper', async () => {
    await helper(`echo '{"Username":"<token>","Secret":"abc"}'`);
    await accounts({ credsStore: 'test' });
    expect(await find('r.example/base')).toEqual({ kind: 'identity', token: 'abc' });
  });

  it('goes on where a helper knows of nothing', async () => {
    await helper('echo credentials not found in native keychain; exit 1');
    await accounts({
      credHelpers: { 'r.example': 'test' },
      auths: { 'r.example': { auth: encoded(`me:${SECRET}`) } },
    });
    expect(await find('r.example/base')).toEqual(ACCOUNT);
  });

  it('finds nobody where there are no files', async () => {
    expect(await find('r.example/base')).toBeNull();
  });

  it.each([
    ['fails', 'echo the keychain is locked; exit 1', /: the keychain is locked$/],
    ['fails without a word', 'exit 3', /: status 3$/],
    ['fails and prints an account', `echo '{"Secret":"${SECRET}"}'; exit 1`, /: status 1$/],
    ['prints junk', `echo '${SECRET}'`, /not the JSON object/],
    ['prints another object', `echo '{"Secret":"${SECRET}"}'`, /not the JSON object/],
    ['prints without end', `yes '${SECRET}'`, /: /],
  ])('says so of a helper that %s, and never its secrets', async (_, script, message) => {
    await helper(script);
    await accounts({ credsStore: 'test' });
    const error = await failureOf(find('r.example/base'));
    expect(error).toMatchObject({
      code: 'registry/credential-helper',
      message: expect.stringMatching(message),
    });
    expect(error.message).toContain('`docker-credential-test`');
    expect(error.message).not.toContain('hunter2');
  });

  it.each(['nowhere', '../../bin/sh', 'a b', ''])(
    'says so of the helper %j that cannot be run',
    async (name) => {
      await accounts({ credHelpers: { 'r.example': name } });
      expect(await failureOf(find('r.example/base'))).toMatchObject({ code: 'registry/credential-helper' });
    },
  );

  it.each([
    ['no JSON', `{"auths": {"r.example": {"auth": "${SECRET}`],
    ['no object', `["${SECRET}"]`],
    ['an account without a colon', `{"auths":{"r.example":{"auth":"${encoded('hunter2')}"}}}`],
    ['an account of numbers', '{"auths":{"r.example":{"auth":7}}}'],
    ['a helper of numbers', '{"credHelpers":{"r.example":7}}'],
  ])('says so of a file with %s, and never its secrets', async (_, text) => {
    const file = join(home, 'auth.json');
    await writeFile(file, text);
    const error = await failureOf(find('r.example/base', file));
    expect(error.code).toBe('registry/credential-file');
    expect(error.message).toContain(`\`${file}\``);
    expect(JSON.stringify([error.message, error.hint, error.details, `${error.cause}`])).not.toContain(
      'hunter2',
    );
  });

  it('says so where the file that was named is not there', async () => {
    const error = await failureOf(find('r.example/base', join(home, 'none.json')));
    expect(error).toMatchObject({ code: 'registry/credential-file' });
  });
});

function find(name: string, authFile: string | null = null) {
  const env = { HOME: home, PATH: `${home}/bin:${process.env.PATH}` };
  return findCredentials(parseReference(name), { env, authFile, signal: new AbortController().signal });
}

async function accounts(content: object, path = '.docker/config.json'): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), JSON.stringify(content));
}

async function helper(script: string): Promise<void> {
  await mkdir(join(home, 'bin'), { recursive: true });
  await writeFile(join(home, 'bin/docker-credential-test'), `#!/bin/sh\n${script}\n`);
  await chmod(join(home, 'bin/docker-credential-test'), 0o755);
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}
