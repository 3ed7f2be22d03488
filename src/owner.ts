/** The channel to the process that has started this one. */

let last: Promise<void> = Promise.resolve();

/** Sends a message; one that has gone is told nothing. */
export function tellOwner(message: object): void {
  last = new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}

/** Until all that was told has left this process: who produces without waiting for it fills the memory. */
export function ownerKeepsUp(): Promise<void> {
  return last;
}
