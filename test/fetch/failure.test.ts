import { expect, test } from 'vitest';
import { connectionFailure } from '../../src/fetch/failure.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test.each([
  ['ENOTFOUND', 'network/dns'],
  ['EAI_AGAIN', 'network/dns'],
  ['ECONNREFUSED', 'network/refused'],
  ['ENETUNREACH', 'network/refused'],
  ['ETIMEDOUT', 'network/timeout'],
  ['CERT_HAS_EXPIRED', 'network/tls'],
  ['CERT_NOT_YET_VALID', 'network/tls'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'network/tls'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'network/tls'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'network/tls'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'network/tls'],
  ['ECONNRESET', 'network/cut'],
  ['ERR_STREAM_PREMATURE_CLOSE', 'network/cut'],
  ['HPE_INVALID_CONSTANT', 'network/cut'],
])('%s is %s', (code, expected) => {
  expect(connectionFailure(systemError(code), 'm.org').code).toBe(expected);
});

test('a host with several addresses fails as its first does', () => {
  const error = new AggregateError([systemError('ECONNREFUSED'), systemError('ENETUNREACH')]);
  expect(connectionFailure(error, 'm.org').code).toBe('network/refused');
});
