import type { Token } from './token.ts';

export interface TokenCacheOptions {
  readonly fetch: (scopes: readonly string[]) => Promise<Token>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Tokens by what they are good for, each until shortly before its end. */
export interface TokenCache {
  valueFor(scopes: readonly string[]): Promise<string>;
  /** For a token that is taken no longer. */
  forget(value: string): Promise<void>;
}

/** Tokens by their scopes, each asked for once and again shortly before it ends. */
export function createTokenCache({ fetch, now }: TokenCacheOptions): TokenCache {
  const tokens = new Map<string, Promise<Token>>();
  return {
    async valueFor(scopes) {
      const key = scopes.join(' ');
      const kept = tokens.get(key);
      const isOld = kept !== undefined && (await kept).renewAt <= now();
      // The first of several requests that find it old renews it.
      if (isOld && tokens.get(key) === kept) tokens.delete(key);
      const token = tokens.get(key) ?? fetch(scopes);
      tokens.set(key, token);
      token.catch(() => tokens.delete(key));
      return (await token).value;
    },
    async forget(value) {
      for (const [key, token] of tokens) {
        const kept = await token.catch(() => null);
        if (kept?.value === value) tokens.delete(key);
      }
    },
  };
}
