import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { quickHttp, temporaryDirectory } from './support.ts';

async function folder() {
  const path = await temporaryDirectory();
  await mkdir(join(path, 'a+b c'));
  await writeFile(join(path, 'a+b c', 'Release'), 'hello');
  return pathToFileURL(path).href;
}
const fetchFrom = (url: string, limit = 100) => quickHttp({}).fetch([url], { what: 'Release', limit });

describe('addresses of this machine’s files', () => {
  test('are read as apt’s file: and copy:', async () => {
    const url = `${await folder()}/a%2Bb%20c/Release`;
    for (const address of [url, url.replace('file:', 'copy:'), url.replace('file://', 'file:')]) {
      expect((await fetchFrom(address)).body.toString()).toBe('hello');
    }
  });

  test('go on where an earlier attempt ended', async () => {
    const url = `${await folder()}/a%2Bb%20c/Release`;
    const receive = async ({ body, start }: { body: AsyncIterable<Buffer>; start: number }) => {
      const chunks = [];
      for await (const chunk of body) chunks.push(chunk);
      return `${start}:${Buffer.concat(chunks)}`;
    };
    expect(await quickHttp({}).download([url], { what: 'x', start: () => 3, receive })).toBe('3:lo');
  });

  test('that are not there, or are directories, or are of a host, are errors of a mirror', async () => {
    const base = await folder();
    for (const url of [`${base}/none`, base, `${base}/a%2Bb%20c/Release/x`]) {
      await expect(fetchFrom(url)).rejects.toMatchObject({ code: 'network/not-found' });
    }
    await expect(fetchFrom('file://host/x')).rejects.toMatchObject({ code: 'network/forbidden' });
    await expect(fetchFrom(`${base}/a%2Bb%20c/Release`, 3)).rejects.toMatchObject({
      code: 'network/too-large',
    });
  });
});
