import type { RegistryError } from './failure.ts';

/** Answers a registry that asks who is there. */
export interface Authorizer {
  /** What a request is sent with from the start, as far as is known; null for nothing. */
  authorization(alsoPull: string | undefined): Promise<string | null>;
  /** What to send after a 401. */
  answer(challenge: string | null, context: ChallengeContext): Promise<string | null>;
  /** A 401 in spite of it. */
  explain(error: RegistryError): RegistryError;
}

export interface ChallengeContext {
  /** Of the registry. */
  readonly base: URL;
  /** What the refused request was sent with. */
  readonly rejected: string | null;
  readonly alsoPull: string | undefined;
}
