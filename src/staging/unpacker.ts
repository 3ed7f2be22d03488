/** A thread of the unpacker. */
import { parentPort, workerData } from 'node:worker_threads';
import { familyOf } from '../families/index.ts';
import { toPortable } from '../portable-error.ts';
import type { Answer, HandSetup, Task } from '../rootfs/unpack-protocol.ts';
import { createUnpackWorker } from '../rootfs/unpack-worker.ts';

const setup = workerData as HandSetup;
let notices: string[] = [];
const worker = familyOf(setup)
  .reader()
  .then((reader) => createUnpackWorker(reader, setup, (notice) => notices.push(notice)));

parentPort?.on('message', async (task: Task) => {
  let answer: Answer;
  try {
    answer = { id: task.id, value: await (await worker)(task), notices };
  } catch (error) {
    answer = { id: task.id, error: toPortable(error), notices };
  }
  notices = [];
  parentPort?.postMessage(answer);
});
