import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { keepLastLines } from '../../src/sandbox/last-lines.ts';
import { tellOutput } from '../../src/sandbox/output.ts';

it('is not read faster than its owner takes it', async () => {
  const stream = new PassThrough();
  let take: () => void = () => {};
  const { told } = tellOutput(stream, () => new Promise<void>((resolve) => (take = resolve)));
  for (let line = 0; line < 1000; line++) stream.write('x'.repeat(999).concat('\n'));
  await sleep(20);
  expect(stream.readableLength + stream.writableLength).toBeGreaterThan(900_000);
  stream.end();
  const timer = setInterval(() => take());
  await told;
  clearInterval(timer);
});

it('of a command that has ended is told to its end, and then that of what it has left is cut', async () => {
  const stream = new PassThrough();
  const lines: string[] = [];
  const output = tellOutput(stream, async (some) => void lines.push(...some));
  stream.write('the last words\n');
  output.commandEnded();
  await output.told;
  expect(lines).toEqual(['the last words']);
  expect(stream.destroyed).toBe(true);
});

it('of a daemon that goes on is cut, however fast it comes', async () => {
  const stream = new PassThrough();
  const more = setInterval(() => stream.write('still here\n'.repeat(5000)), 5);
  const output = tellOutput(stream, async () => {});
  output.commandEnded();
  await output.told;
  clearInterval(more);
  expect(stream.destroyed).toBe(true);
});

it('is kept to its last lines alone', () => {
  const kept = keepLastLines();
  for (let line = 0; line < 200_000; line++) kept.add(`line ${line}`);
  expect(kept.lines.at(-1)).toBe('line 199999');
  expect(kept.lines.length).toBeLessThan(60_000);
});
