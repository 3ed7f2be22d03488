import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { debianUpstreams, serveMirror } from './mirror.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '0' } },
});
const [directory] = positionals;
if (directory === undefined) {
  console.error('usage: node dist/scripts/serve-mirror.js [--port N] DIRECTORY');
  process.exit(2);
}
const { url } = await serveMirror({
  directory: resolve(directory),
  upstreams: await debianUpstreams(),
  port: Number(values.port),
});
console.log(`${url}/debian\n${url}/debian-security`);
