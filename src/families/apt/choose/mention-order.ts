import type { Mention } from '../archive/first-mention.ts';
import type { PackagesIndex } from '../archive/packages-index.ts';

interface SourcedMention extends Mention {
  readonly source: number;
}

/**
 * Orders names as apt numbers them: by the first mention anywhere in the indexes, in sources order.
 * apt breaks the last tie between providers by that number. Only such a tie is worth a search
 * through the text, so nothing is numbered before it is asked for.
 */
export function createMentionOrder(indexes: readonly PackagesIndex[]): (a: string, b: string) => number {
  return (a, b) => {
    if (a === b) return 0;
    const left = mentionOf(a);
    const right = mentionOf(b);
    return left.source - right.source || left.stanza - right.stanza || left.rank - right.rank;
  };

  function mentionOf(name: string): SourcedMention {
    for (const [source, index] of indexes.entries()) {
      const mention = index.mention(name);
      if (mention !== null) return { source, ...mention };
    }
    return { source: indexes.length, stanza: 0, rank: 0 };
  }
}
