import type { Blob, Digest } from '../image/blob.ts';
import type { Reference } from '../image/reference.ts';
import { createAuthorizer } from './authorization.ts';
import { type Pushed, pushBlob } from './blob-upload.ts';
import { createClient } from './client.ts';
import { endpointOf } from './endpoint.ts';
import { getManifest, headManifest, putManifest } from './manifests.ts';
import type { Session } from './session.ts';

/** One repository of a registry. Every failure is a RegistryError whose class is `registry`. */
export interface Registry {
  /** `registry.example:5000/team/base` */
  readonly name: string;
  /** The manifest or index under a tag or digest, checked; null where there is none. */
  manifest(tagOrDigest: string): Promise<Blob | null>;
  /** The digest of what is under a tag or digest; null where there is none. */
  digest(tagOrDigest: string): Promise<Digest | null>;
  /** Sends a blob unless it is there, or can be mounted from another repository. */
  pushBlob(blob: Blob): Promise<Pushed>;
  /** Puts a manifest under a tag, or under its digest alone. What it refers to must be there. */
  pushManifest(manifest: Blob, tag: string | null): Promise<void>;
}

export interface RegistryOptions {
  readonly session: Session;
  /** What rights are asked for. */
  readonly access: 'pull' | 'push';
}

/** The repository of a reference. Nothing is sent until something is asked of it. */
export function openRegistry(reference: Reference, { session, access }: RegistryOptions): Registry {
  const { domain, path } = reference;
  const name = `${domain}/${path}`;
  let endpoint: Promise<URL> | null = null;
  const client = createClient({
    ...{ name, path, session },
    endpoint: () => {
      endpoint ??= endpointOf(reference, session);
      return endpoint;
    },
    authorizer: createAuthorizer({ reference, access, session }),
  });
  return {
    name,
    manifest: (tagOrDigest) => getManifest(tagOrDigest, client),
    digest: (tagOrDigest) => headManifest(tagOrDigest, client),
    pushBlob: (blob) =>
      session.turn(async () => {
        const place = session.places.get(`${domain} ${blob.digest}`) ?? path;
        const pushed = await pushBlob(blob, client, { mountFrom: place === path ? null : place });
        session.places.set(`${domain} ${blob.digest}`, path);
        return pushed;
      }),
    async pushManifest(manifest, tag) {
      await putManifest(manifest, { reference: tag ?? manifest.digest, client });
    },
  };
}
