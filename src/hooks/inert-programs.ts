import type { Root } from '../rootfs/root.ts';
import { SUCCEED } from '../sandbox/stub.ts';

/**
 * Runs `act` while programs of the base, named by absolute paths, do nothing but succeed; then restores them,
 * even where their inert programs were removed. A file that replaced an inert program stays.
 */
export async function withInertPrograms(
  programs: readonly string[],
  root: Root,
  act: () => Promise<void>,
): Promise<void> {
  const script = Buffer.from(SUCCEED);
  // A link may lead to another program, which is not to be replaced.
  const paths = programs.map((path) => root.resolve(path)).filter((path) => isFile(root, path));
  for (const path of paths) {
    root.rename(path, aside(path));
    root.write(path, 0o755, script);
  }
  root.release();
  await act();
  for (const path of paths) {
    const isMine = !isFile(root, path) || script.equals(root.read(path) ?? Buffer.alloc(0));
    if (isMine) root.rename(aside(path), path);
    else root.unlink(aside(path));
  }
  root.release();
}

function isFile(root: Root, path: string): boolean {
  return root.stat(path)?.isFile() === true;
}

/** As mmdebstrap names it. */
function aside(path: string): string {
  return `${path}.REAL`;
}
