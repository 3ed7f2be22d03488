import { readBounded } from './bounded.ts';
import type { Client } from './client.ts';
import type { Answer } from './exchange.ts';
import { RegistryError } from './failure.ts';

const LARGEST_PAGE = 4 * 2 ** 20;
const MOST_PAGES = 1000;
/** Bytes of all pages: a quarter of a million tags or referrers. */
const LARGEST_LIST = 32 * 2 ** 20;

export interface PagesOptions {
  /** Relative to the repository. */
  readonly at: string;
  readonly task: string;
  readonly client: Client;
}

/** The documents of a paged list, with the answers that brought them; empty where the list does not exist. */
export async function* pagesOf({
  at,
  task,
  client,
}: PagesOptions): AsyncGenerator<{ readonly bytes: Buffer; readonly answer: Answer }, void, void> {
  let next: string | URL | null = at;
  let length = 0;
  for (let pages = 0; next !== null; pages++) {
    if (pages === MOST_PAGES) throw new RegistryError(ENDLESS, task);
    const answer: Answer = await client.insist({ method: 'GET', at: next, task, good: [200, 404] });
    if (answer.status === 404) return answer.discard();
    const bytes = await readBounded(answer, { limit: LARGEST_PAGE, task });
    length += bytes.length;
    if (length > LARGEST_LIST) throw new RegistryError(ENDLESS, task);
    yield { bytes, answer };
    next = nextPage(answer);
  }
}

/** RFC 8288: `<address>; rel="next"`. */
function nextPage(answer: Answer): URL | null {
  const address = nextAddress(answer.header('link') ?? '');
  return address !== null && URL.canParse(address, answer.url.href) ? new URL(address, answer.url) : null;
}

function nextAddress(header: string): string | null {
  for (let start = header.indexOf('<'); start >= 0; ) {
    const end = header.indexOf('>', start);
    if (end < 0) return null;
    const next = header.indexOf('<', end);
    const parameters = header.slice(end + 1, next < 0 ? undefined : next).split(',', 1)[0]!;
    if (/^\s*;.*\brel="?next\b/i.test(parameters)) return header.slice(start + 1, end);
    start = next;
  }
  return null;
}

const ENDLESS = {
  code: 'registry/bad-answer',
  reason: `its list has more than ${MOST_PAGES} pages or ${LARGEST_LIST} bytes`,
  hint: 'see the log of the registry',
} as const;
