import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lists } from '../../families/family.ts';

/** Where apt keeps indexes. */
export const LISTS = 'var/lib/apt/lists';

export async function writeLists(root: string, { files }: Lists): Promise<void> {
  const folder = join(root, LISTS);
  await mkdir(join(folder, 'partial'), { recursive: true });
  for (const { name, content } of files) await writeFile(join(folder, name), content, { mode: 0o644 });
}

/** The stanzas of these packages, as dpkg's `available` has them. */
export function availableOf({ stanzas }: Lists, names: ReadonlySet<string>): Buffer {
  const chosen = stanzas.filter((stanza) => names.has(/^Package: (\S+)$/m.exec(stanza)?.[1] ?? ''));
  return Buffer.from(chosen.map((stanza) => `${stanza.trim()}\n\n`).join(''), 'latin1');
}
