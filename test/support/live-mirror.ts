import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianUpstreams, type Mirror, serveMirror } from '../../scripts/mirror.ts';

/**
 * The real Debian archives behind 127.0.0.1, for tests in test/live: `${url}/debian` and
 * `${url}/debian-security`. What was fetched once is kept where `npm run bench` keeps it too.
 */
export async function startLiveMirror(): Promise<Mirror> {
  return serveMirror({
    directory: join(tmpdir(), 'mkbase-bench', 'mirror'),
    upstreams: await debianUpstreams(),
  });
}
