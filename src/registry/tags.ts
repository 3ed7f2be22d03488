import { asArray, asText, parseObject } from '../image/read-json.ts';
import type { Client } from './client.ts';
import { pagesOf } from './pages.ts';

/** All tags of the repository, in the registry's order; empty where the repository does not exist. */
export async function listTags(client: Client): Promise<readonly string[]> {
  const what = 'the list of tags';
  const tags: string[] = [];
  for await (const { bytes } of pagesOf({
    at: 'tags/list',
    task: `list the tags of \`${client.name}\``,
    client,
  })) {
    const page = parseObject(bytes, what).tags;
    // A repository whose tags were all deleted has null.
    if (page === null) continue;
    for (const tag of asArray(page, what)) tags.push(asText(tag, what));
  }
  return tags;
}
