import { onTestFinished } from 'vitest';
import type { MkbaseError } from '../../src/errors.ts';
import { bytesBlob } from '../../src/image/blob.ts';
import { type Image, makeImage } from '../../src/image/image.ts';
import { MEDIA_TYPES } from '../../src/image/media-types.ts';
import { parseReference, type Reference } from '../../src/image/reference.ts';
import { openRegistry, type Registry, registryPool } from '../../src/registry/registry.ts';
import { registrySession, type Session, type SessionOptions } from '../../src/registry/session.ts';
import { startRegistry, type TestRegistry, type TestRegistryOptions } from '../support/registry.ts';

/** A registry that ends with the test. */
export async function serveRegistry(options?: TestRegistryOptions): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  onTestFinished(registry.close);
  return registry;
}

export interface QuickSession extends Session {
  readonly waits: number[];
  readonly lines: string[];
  readonly warnings: string[];
}

/** A session whose waits are recorded instead of slept, and with no home to find accounts in. */
export function quickSession(options: Partial<SessionOptions> = {}): QuickSession {
  const waits: number[] = [];
  const lines: string[] = [];
  const warnings: string[] = [];
  const session = registrySession({
    env: { HOME: '/nonexistent', PATH: process.env.PATH },
    signal: new AbortController().signal,
    plainHttp: true,
    sleep: async (milliseconds) => waits.push(milliseconds),
    random: () => 1,
    log: (line) => lines.push(line),
    warn: (message) => warnings.push(message),
    timeouts: { connect: 10_000, idle: 20_000 },
    ...options,
  });
  return { ...session, waits, lines, warnings };
}

export function open(name: string, session: Session, access: 'pull' | 'push' = 'push'): Registry {
  return openRegistry(parseReference(name), { session, access });
}

/** Repositories to push to. */
export function pool(session: Session = quickSession()): (reference: Reference) => Registry {
  return registryPool({ session, access: 'push' });
}

/** An image of one layer, whose bytes are what they are. */
export function imageOf(content: Buffer | string, architecture = 'amd64'): Image {
  const blob = bytesBlob(MEDIA_TYPES.oci.layer.gzip, Buffer.from(content));
  return makeImage([{ ...blob, diffId: blob.digest }], {
    ...{ format: 'oci', settings: {}, annotations: {}, labels: {}, created: 0, history: ['test'] },
    platform: { architecture, os: 'linux' },
  });
}

/** The error that a promise is rejected with. */
export async function failureOf(work: Promise<unknown>): Promise<MkbaseError> {
  return work.then(
    () => {
      throw new Error('it should have failed');
    },
    (error) => error as MkbaseError,
  );
}
