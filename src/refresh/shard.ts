/** A part of a list: several machines share its images without a word to each other. Pure. */
import { createHash } from 'node:crypto';
import { MkbaseError } from '../errors.ts';

/** Counted from 0, as Kubernetes and GitHub count. */
export interface Shard {
  readonly index: number;
  readonly total: number;
}

/** No scheduler starts more at once. */
const MOST = 1000;

/**
 * `I/N`; or `/N`, whose index Kubernetes gives to each pod of an Indexed Job.
 *
 * @throws MkbaseError `usage/bad-value`, `usage/no-shard-index`
 */
export function parseShard(text: string, env: Readonly<Record<string, string | undefined>>): Shard {
  const [, own, count = ''] = /^(\d{1,4})?\/(\d{1,4})$/.exec(text) ?? [];
  const given = own ?? env.JOB_COMPLETION_INDEX ?? '';
  if (count !== '' && given === '') {
    throw new MkbaseError('usage/no-shard-index', `\`--shard ${text}\` has no index of its own`, {
      hint: `write it before the slash, as in \`0${text}\`, or set JOB_COMPLETION_INDEX, as an Indexed Job does`,
    });
  }
  const [index, total] = [/^\d{1,4}$/.test(given) ? Number(given) : Number.NaN, Number(count)];
  if (index < total && total <= MOST) return { index, total };
  const shown = own === undefined && count !== '' ? `${given}${text}` : text;
  throw new MkbaseError('usage/bad-value', `invalid value \`${shown}\` for \`--shard\``, {
    hint: 'write `0/3` for the first of three shards, `2/3` for the last; there are at most 1000',
  });
}

/**
 * Whether the shard has the image. The highest of a hash for each shard wins (rendezvous hashing): another image in the
 * list moves none, and another shard takes its part from each and moves nothing between them.
 */
export function isInShard(name: string, { index, total }: Shard): boolean {
  return shardOf(name, total) === index;
}

function shardOf(name: string, total: number): number {
  let [winner, highest] = [0, ''];
  for (let shard = 0; shard < total; shard++) {
    const score = createHash('sha256').update(`${shard} ${name}`).digest('hex');
    if (score > highest) [winner, highest] = [shard, score];
  }
  return winner;
}
