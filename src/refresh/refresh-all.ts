/** All images of a list: looked at here, made in processes of their own. */
import pLimit from 'p-limit';
import { MkbaseError } from '../errors.ts';
import type { Event, Surroundings } from '../job.ts';
import { toPortable } from '../portable-error.ts';
import { untilAborted } from '../promises.ts';
import { firstOfBase, type Turn, withFollowers } from './first-of-base.ts';
import type { RefreshImage } from './image.ts';
import { inProcess } from './in-process.ts';
import { lookAt } from './look.ts';
import type { Outcome } from './outcome.ts';
import { openTools, type RefreshContext, type RefreshOptions } from './tools.ts';

export interface RunOptions extends RefreshOptions {
  /** Images at once. */
  readonly atOnce: number;
  /** Milliseconds that one image may take. */
  readonly deadline: number;
}

export interface RunSurroundings extends Omit<Surroundings, 'emit'> {
  readonly emit: (event: Event, image: string) => void;
  /** Reported of each image as soon as it is done. */
  readonly onOutcome: (outcome: Outcome) => Promise<void>;
}

/** Outcomes in the order of the images. A failure of one touches no other. */
export async function refreshAll(
  images: readonly RefreshImage[],
  options: RunOptions,
  surroundings: RunSurroundings,
): Promise<Outcome[]> {
  const emit = (event: Event) => surroundings.emit(event, '');
  const tools = openTools(optionsOf(options), { ...surroundings, emit });
  const turn = pLimit(options.atOnce);
  const inTurn = firstOfBase();
  return Promise.all(
    withFollowers(images).map((image) =>
      turn(async () => {
        const outcome = await outcomeOf(image, options, { tools, surroundings, inTurn });
        await surroundings.onOutcome(outcome);
        return outcome;
      }),
    ),
  );
}

/** Only what another process needs. */
function optionsOf({ checkOnly, test, key }: RunOptions): RefreshOptions {
  return { checkOnly, test, key };
}

interface Run {
  readonly tools: RefreshContext;
  readonly surroundings: RunSurroundings;
  readonly inTurn: Turn;
}

async function outcomeOf(
  image: RefreshImage,
  options: RunOptions,
  { tools, surroundings, inTurn }: Run,
): Promise<Outcome> {
  const { name } = image;
  const began = performance.now();
  const seconds = () => Math.round(performance.now() - began) / 1000;
  const controller = new AbortController();
  const startTimer = () => setTimeout(() => controller.abort(late(name, options.deadline)), options.deadline);
  let timer = startTimer();
  const signal = AbortSignal.any([surroundings.signal, controller.signal]);
  try {
    const look = await untilAborted(signal, lookAt(image, tools));
    if (look.reason === null) {
      const nothing = { names: [], changes: null, oldestIndex: null, reason: null, error: null };
      return { name, result: 'unchanged', digest: look.state!.digest, ...nothing, seconds: seconds() };
    }
    // To wait for another image takes none of its own time.
    clearTimeout(timer);
    const done = await untilAborted(surroundings.signal, inTurn(image));
    timer = startTimer();
    const order = { image, look, options: optionsOf(options), registry: surroundings.registry ?? {} };
    const emit = (event: Event) => surroundings.emit(event, name);
    const made = await inProcess(order, { signal, env: surroundings.env, emit }).finally(done);
    return { name, ...made, error: null, seconds: seconds() };
  } catch (error) {
    const nothing = { reason: null, digest: null, names: [], changes: null, oldestIndex: null };
    return { name, result: 'failed', ...nothing, error: toPortable(error), seconds: seconds() };
  } finally {
    clearTimeout(timer);
  }
}

function late(name: string, deadline: number): MkbaseError {
  return new MkbaseError('host/deadline', `\`${name}\` was not done within ${deadline / 1000} s`, {
    hint: 'give it more time with `--timeout`, or look at what it waits for with `--verbose`',
  });
}
