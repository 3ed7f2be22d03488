/** A binary heap whose order among equals is that of C++'s `std::push_heap` and `std::pop_heap`. */
export interface Heap<T> {
  readonly push: (item: T) => void;
  /** The greatest item. */
  readonly pop: () => T | undefined;
  /** Leaves only the items that pass, and orders the heap anew. */
  readonly keep: (passes: (item: T) => boolean) => void;
}

export function createHeap<T>(isLess: (a: T, b: T) => boolean): Heap<T> {
  let items: T[] = [];

  return {
    push(item) {
      items.push(item);
      rise(items.length - 1, { top: 0, item });
    },
    pop() {
      const greatest = items[0];
      const last = items.pop();
      if (items.length > 0 && last !== undefined) settle(0, last);
      return greatest;
    },
    keep(passes) {
      items = items.filter(passes);
      for (let at = (items.length >> 1) - 1; at >= 0; at--) settle(at, items[at]!);
    },
  };

  function rise(hole: number, { top, item }: { top: number; item: T }): void {
    let at = hole;
    for (let parent = (at - 1) >> 1; at > top && isLess(items[parent]!, item); parent = (at - 1) >> 1) {
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  /** First down to a leaf by the greater children, then up again: as libstdc++ does it. */
  function settle(top: number, item: T): void {
    let hole = top;
    for (let child = 2 * hole + 2; child <= items.length; child = 2 * hole + 2) {
      if (child === items.length || isLess(items[child]!, items[child - 1]!)) child--;
      items[hole] = items[child]!;
      hole = child;
    }
    rise(hole, { top, item });
  }
}
