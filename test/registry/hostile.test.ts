import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MkbaseError } from '../../src/errors.ts';
import { bytesBlob, bytesOf, descriptorOf } from '../../src/image/blob.ts';
import { parseReference } from '../../src/image/reference.ts';
import { pullImage } from '../../src/registry/pull-image.ts';
import { startRegistry } from '../support/registry.ts';
import { open, quickSession } from './support.ts';

const blob = bytesBlob('application/octet-stream', Buffer.from('content'));

const status = fc.constantFrom(200, 201, 202, 204, 206, 301, 307, 400, 401, 403, 404, 416, 429, 500);
const location = fc.constantFrom(
  '',
  '/',
  '//',
  'http://',
  '/v2/base/blobs/uploads/x',
  'ftp://x/',
  '?',
  'http://127.0.0.1:1/',
);
const headers = fc.record(
  {
    location,
    'content-type': fc.constantFrom('application/json', 'text/html', 'text/plain', 'a/b', ''),
    'content-range': fc.constantFrom('bytes 0-1/2', 'bytes 9-', 'x'),
    'docker-content-digest': fc.constantFrom(blob.digest, 'sha256:0', 'x'),
    'www-authenticate': fc.constantFrom(
      'Basic',
      'Bearer realm="x"',
      'Bearer realm="http://127.0.0.1:1/"',
      '"',
      'x y=z',
    ),
    range: fc.constantFrom('0-6', '0-0', 'x'),
    link: fc.constantFrom('</v2/base/tags/list>; rel="next"', '<://>; rel=next', '<'),
    'retry-after': fc.constantFrom('0', '1', '-1', 'x', '99999999999'),
    'oci-chunk-min-length': fc.constantFrom('1', '-1', 'x'),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  fc.constantFrom(
    '',
    'content',
    '{}',
    'null',
    '[]',
    '{"errors":7}',
    '{"errors":[null,7,{"message":{}}]}',
    '{"tags":7}',
  ),
  fc.constantFrom(
    '{"manifests":[7]}',
    '{"schemaVersion":2,"config":7,"layers":{}}',
    '{"token":"x","expires_in":"y"}',
  ),
  fc.json(),
);
const answers = fc.array(fc.record({ status, headers, body }), { minLength: 1, maxLength: 6 });

describe('whatever a server answers', () => {
  it('ends in a value or an error that a user can read', async () => {
    const server = await startRegistry();
    await fc.assert(
      fc.asyncProperty(answers, fc.integer({ min: 0, max: 6 }), async (list, which) => {
        let at = 0;
        server.faults[0] = {
          ...{ method: '', path: /./, times: Number.POSITIVE_INFINITY },
          answer: (request, response) => {
            const { status, headers, body } = list[at++ % list.length]!;
            const isEmpty = status === 204 || request.method === 'HEAD';
            request
              .resume()
              .on('end', () => response.writeHead(status, headers).end(isEmpty ? undefined : body));
          },
        };
        const session = quickSession({ chunkSize: which === 6 ? 3 : null });
        const registry = open(`${server.host}/base`, session);
        const work = [
          () => registry.pushBlob(blob),
          () => registry.manifest('1'),
          () => registry.tags(),
          () => registry.referrers(blob.digest),
          () => bytesOf(registry.blob(descriptorOf(blob))),
          () => pullImage(parseReference(`${server.host}/base`), session),
          () => registry.checkPush().then(() => registry.pushBlob(blob)),
        ][which]!;
        const error = await work().then(
          () => null,
          (thrown: unknown) => thrown,
        );
        if (error === null) return;
        expect(error).toBeInstanceOf(MkbaseError);
        expect((error as MkbaseError).code).toMatch(/^(registry|image)\//);
        expect((error as MkbaseError).message).not.toMatch(/[^ -~…’]/);
      }),
      { numRuns: 400 },
    );
    await server.close();
  });
});
