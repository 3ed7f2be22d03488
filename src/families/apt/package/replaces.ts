import type { Control } from './control.ts';
import { satisfies } from './version.ts';

/** Whether `taker`'s Replaces field lets it overwrite files of `owner`, policy section 7.6.1. */
export function replaces(taker: Control, owner: Control): boolean {
  return taker.replaces.some(({ name, op, version }) => {
    if (name === owner.name) return op === null || version === null || satisfies(owner.version, op, version);
    return owner.provides.some(
      (provided) =>
        provided.name === name &&
        (op === null ||
          version === null ||
          (provided.version !== null && satisfies(provided.version, op, version))),
    );
  });
}
