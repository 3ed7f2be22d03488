import { MkbaseError, quoted } from '../errors.ts';
import type { Digest } from './blob.ts';

/** The name of an image, as Docker reads it. */
export interface Reference {
  /** `docker.io`, `registry.example:5000`. */
  readonly domain: string;
  /** `library/debian`. */
  readonly path: string;
  readonly tag: string | null;
  readonly digest: Digest | null;
}

const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const DOMAIN =
  '(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\\[[0-9a-f:]+\\])(?::[0-9]+)?';
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const LONGEST = 255;

/**
 * A name by the grammar of github.com/distribution/reference, completed as Docker completes it: `debian`
 * is `docker.io/library/debian`. The first part is a registry where it has a dot or a port, or is
 * `localhost`.
 *
 * @throws MkbaseError `usage/bad-reference`
 */
export function parseReference(text: string): Reference {
  const [, name = '', tag = null, digest = null] =
    /^(.*?)(?::([^:/@]*))?(?:@(sha256:[0-9a-f]{64}))?$/s.exec(text) ?? [];
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const hasDomain =
    slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const domain = !hasDomain || first === 'index.docker.io' ? 'docker.io' : first;
  const rest = hasDomain ? name.slice(slash + 1) : name;
  const path = domain === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest;
  if (!new RegExp(`^${DOMAIN}$`).test(domain)) throw badReference(text, `\`${domain}\` is not a registry`);
  if (rest !== rest.toLowerCase()) throw badReference(text, 'a repository is written in lower case');
  if (!PATH.test(path) || path.length > LONGEST) throw badReference(text, 'its repository has no valid form');
  if (tag !== null && !TAG.test(tag)) throw badReference(text, `\`${tag}\` is not a tag`);
  return { domain, path, tag, digest: digest as Digest | null };
}

/** In full, with `latest` where there is neither tag nor digest: `docker.io/library/debian:latest`. */
export function fullName({ domain, path, tag, digest }: Reference): string {
  const suffix = digest === null ? `:${tag ?? 'latest'}` : `${tag === null ? '' : `:${tag}`}@${digest}`;
  return `${domain}/${path}${suffix}`;
}

/** As people write it and `docker images` shows it: without `docker.io/library/`. */
export function familiarName(reference: Reference): string {
  return fullName(reference).replace(/^docker\.io\/(?:library\/)?/, '');
}

/** The tag, for places where a name may not stand. */
export function tagOf({ tag }: Reference): string {
  return tag ?? 'latest';
}

function badReference(text: string, reason: string): MkbaseError {
  return new MkbaseError('usage/bad-reference', `${quoted(text)} is not an image name: ${reason}`, {
    hint: 'write it as [REGISTRY[:PORT]/]REPOSITORY[:TAG], as in `registry.example:5000/team/base:bookworm`',
  });
}
