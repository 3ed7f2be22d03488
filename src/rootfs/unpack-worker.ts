/** A thread of the unpacker. */
import { parentPort, workerData } from 'node:worker_threads';
import { toPortable } from '../portable-error.ts';
import { createHand } from './unpack-hand.ts';
import type { Answer, HandSetup, Task } from './unpack-protocol.ts';

const perform = await createHand(workerData as HandSetup);

parentPort?.on('message', async (task: Task) => {
  let answer: Answer;
  try {
    answer = { id: task.id, value: await perform(task) };
  } catch (error) {
    answer = { id: task.id, error: toPortable(error) };
  }
  parentPort?.postMessage(answer);
});
