/** The channel to the process that has started this one. */

let last: Promise<void> = Promise.resolve();

/** Sends a message; an owner that has gone gets nothing. */
export function tellOwner(message: object): void {
  last = new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}

/** Waits until all messages have left this process: a producer that does not wait fills the memory. */
export function ownerKeepsUp(): Promise<void> {
  return last;
}
