/** A computation that may `yield` another of its kind and goes on with that one's result. */
export interface Step<T> extends Generator<Step<T>, T, T> {}

/** Runs steps to any depth: they nest on the heap, and not on the stack, which an index could exhaust. */
export function runSteps<T>(first: Step<T>): T {
  const nested = [first];
  let turn = first.next();
  for (;;) {
    if (!turn.done) {
      nested.push(turn.value);
      turn = turn.value.next();
      continue;
    }
    nested.pop();
    const caller = nested.at(-1);
    if (caller === undefined) return turn.value;
    turn = caller.next(turn.value);
  }
}
