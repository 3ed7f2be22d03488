/** The process of one image: a build that hangs, crashes or eats memory ends no other. */

import { MkbaseError } from '../errors.ts';
import type { Event } from '../job.ts';
import { type PortableError, toPortable } from '../portable-error.ts';
import type { RegistrySettings } from '../registry/session.ts';
import type { RefreshImage } from './image.ts';
import type { Look } from './look.ts';
import { type Done, refreshImage } from './refresh-image.ts';
import { openTools, type RefreshOptions } from './tools.ts';

/** The request to the process, sent once. */
export interface Order {
  readonly image: RefreshImage;
  readonly look: Look;
  readonly options: RefreshOptions;
  readonly registry: RegistrySettings;
}

/** Its messages, the last being `done` or `failed`. */
export type Message =
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'done'; readonly done: Done }
  | { readonly type: 'failed'; readonly error: PortableError };

if (process.send !== undefined) {
  const controller = new AbortController();
  const stop = () => controller.abort(new MkbaseError('interrupted/sigterm', 'interrupted by SIGTERM'));
  process.on('SIGTERM', stop);
  // Without its parent nobody would hear what comes of it.
  process.on('disconnect', stop);
  // On a terminal it goes to all of the group; the parent decides.
  process.on('SIGINT', () => {});
  process.once('message', (order: Order) => {
    answer(order, controller.signal).then((message) => {
      if (process.connected) process.send?.(message, () => process.exit());
      else process.exit();
    });
  });
}

async function answer({ image, look, options, registry }: Order, signal: AbortSignal): Promise<Message> {
  const emit = (event: Event) => {
    if (process.connected) process.send?.({ type: 'event', event });
  };
  try {
    const tools = openTools(options, { env: process.env, signal, emit, registry });
    return { type: 'done', done: await refreshImage(image, look, tools) };
  } catch (error) {
    return { type: 'failed', error: toPortable(error) };
  }
}
