import type { Blob } from '../image/blob.ts';
import type { Image, ImageIndex } from '../image/image.ts';
import type { Reference } from '../image/reference.ts';
import type { Surroundings } from '../job.ts';
import type { Companion } from '../registry/companion.ts';
import { pushImage } from '../registry/push-image.ts';
import { registryPool } from '../registry/registry.ts';
import { registrySession, type Session } from '../registry/session.ts';

/** The registries that an image goes to. */
export interface Registries {
  /** How many copies go out. */
  repositories(): number;
  /** Asks each whether it would take what is to come. */
  check(): Promise<void>;
  /** Begins to send what will be a part of the image. */
  begin(blob: Blob): void;
  /** With what goes beside it; tags move when all else is done. */
  push(image: Image | ImageIndex, names: readonly Reference[], beside: readonly Companion[]): Promise<void>;
}

/** The session that all registries of one command share. */
export function sessionOf({ env, signal, registry = {}, emit }: Surroundings): Session {
  const log = (line: string) => emit({ type: 'log', line });
  const warn = (message: string) => emit({ type: 'warning', message });
  const sent = (bytes: number) => emit({ type: 'sent', bytes });
  return registrySession({ env, signal, log, warn, sent, ...registry });
}

/** `names`: all that an image is to be pushed under. */
export function openRegistries(names: readonly Reference[], session: Session): Registries {
  const open = registryPool({ session, access: 'push' });
  const opened = () => [...new Set(names.map(open))];
  return {
    repositories: () => opened().length,
    async check() {
      await Promise.all(opened().map((one) => one.checkPush()));
    },
    begin(blob) {
      // To the first repository: others can mount it from there. Push tries failed blobs again.
      opened()[0]
        ?.pushBlob(blob)
        .catch(() => {});
    },
    push: (image, some, beside) => pushImage(image, some, { open, beside }),
  };
}
