import { type Blob, type Descriptor, type Digest, descriptorOf } from '../image/blob.ts';
import type { Reference } from '../image/reference.ts';
import { createAuthorizer } from './authorization.ts';
import { remoteBlob } from './blob-download.ts';
import { checkPush, type Pushed, pushBlob } from './blob-upload.ts';
import { createClient } from './client.ts';
import { endpointOf } from './endpoint.ts';
import { deleteManifest, getManifest, headManifest } from './manifests.ts';
import { listReferrers, putReferrer } from './referrers.ts';
import type { Session } from './session.ts';
import { listTags } from './tags.ts';

/** One repository of a registry. Its failures are errors of the class `registry`. */
export interface Registry {
  /** `registry.example:5000/team/base` */
  readonly name: string;
  /** Tells the session's user what is left out. */
  readonly warn: (message: string) => void;
  /** The manifest or index under a tag or digest, checked; null where there is none. */
  manifest(tagOrDigest: string): Promise<Blob | null>;
  /** The digest of what is under a tag or digest; null where there is none. */
  digest(tagOrDigest: string): Promise<Digest | null>;
  /** A blob, which is fetched and checked when it is opened. */
  blob(descriptor: Descriptor): Blob;
  tags(): Promise<readonly string[]>;
  /** The manifests that refer to this one: of one kind, or all. */
  referrers(digest: Digest, artifactType?: string): Promise<readonly Descriptor[]>;
  /** Fails where nothing may be pushed. */
  checkPush(): Promise<void>;
  /** Sends a blob unless it is there, or can be mounted from another repository; the same blob once. */
  pushBlob(blob: Blob): Promise<Pushed>;
  /** Puts a manifest under a tag, or by digest only. The blobs and manifests that it refers to must be there. */
  pushManifest(manifest: Blob, tag: string | null): Promise<void>;
  /** Deletes a manifest with all its tags; false where there is none. */
  deleteManifest(digest: Digest): Promise<boolean>;
}

export interface RegistryOptions {
  readonly session: Session;
  /** The access to ask for. */
  readonly access: 'pull' | 'push' | 'delete';
}

/** Repositories by their names, each opened once. */
export function registryPool(options: RegistryOptions): (reference: Reference) => Registry {
  const opened = new Map<string, Registry>();
  return (reference) => {
    const key = `${reference.domain}/${reference.path}`;
    const registry = opened.get(key) ?? openRegistry(reference, options);
    opened.set(key, registry);
    return registry;
  };
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
  const pushing = new Map<Digest, Promise<Pushed>>();
  const pushOrMount = async (blob: Blob) => {
    const place = session.places.get(`${domain} ${blob.digest}`) ?? path;
    const pushed = await pushBlob(blob, client, { mountFrom: place === path ? null : place });
    session.places.set(`${domain} ${blob.digest}`, path);
    return pushed;
  };
  return {
    name,
    warn: session.warn,
    manifest: (tagOrDigest) => getManifest(tagOrDigest, client),
    digest: (tagOrDigest) => headManifest(tagOrDigest, client),
    blob(descriptor) {
      session.places.set(`${domain} ${descriptor.digest}`, path);
      return remoteBlob(descriptorOf(descriptor), client);
    },
    tags: () => listTags(client),
    referrers: (digest, artifactType) =>
      listReferrers(digest, { artifactType: artifactType ?? null, client }),
    checkPush: () => checkPush(client),
    pushBlob(blob) {
      const pushed = pushing.get(blob.digest) ?? session.turn(() => pushOrMount(blob));
      pushing.set(blob.digest, pushed);
      pushed.catch(() => pushing.delete(blob.digest));
      return pushed;
    },
    pushManifest: (manifest, tag) => putReferrer(manifest, { reference: tag ?? manifest.digest, client }),
    deleteManifest: (digest) => deleteManifest(digest, client),
  };
}
