import { lstatSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { SUCCEED } from '../sandbox/stub.ts';
import type { Side } from './errand.ts';

/**
 * Runs `act` while programs of the base, named by absolute paths, do nothing but succeed; then they are back,
 * even where their stand-ins were removed. What was put in the place of a stand-in stays.
 */
export async function withStandIns(
  programs: readonly string[],
  { within }: Side,
  act: () => Promise<void>,
): Promise<void> {
  const paths = within(() => programs.filter(isFile).map((path) => realpathSync(path)));
  within(() => {
    for (const path of paths) {
      renameSync(path, aside(path));
      writeFileSync(path, SUCCEED, { mode: 0o755 });
    }
  });
  await act();
  within(() => {
    for (const path of paths) {
      const isMine = !isFile(path) || readFileSync(path, 'latin1') === SUCCEED;
      if (isMine) renameSync(aside(path), path);
      else rmSync(aside(path));
    }
  });
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** As mmdebstrap names it. */
function aside(path: string): string {
  return `${path}.REAL`;
}
