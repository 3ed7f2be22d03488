import { tmpdir } from 'node:os';
import { compareArchives } from '../changes/rootfs-side.ts';
import { MkbaseError, quoted } from '../errors.ts';
import type { Event, Job, Surroundings } from '../job.ts';
import { makeBase } from './base.ts';
import type { Base } from './stage-base.ts';

const SHOWN = 20;

/**
 * Makes a sealed base again, from its own lock, and holds the two against each other.
 *
 * @throws MkbaseError `script/not-reproducible`, with the paths that differ
 */
export async function verifyRebuild(base: Base, job: Job, surroundings: Surroundings): Promise<void> {
  const { emit } = surroundings;
  emit({ type: 'notice', message: 'making it again, to compare' });
  // Packages and phases are those of the first, and counted once.
  const quiet = { ...surroundings, emit: (event: Event) => (event.type === 'log' ? emit(event) : undefined) };
  const again = await makeBase(
    { ...job, lock: base.lock },
    { rootfs: [], image: true, workplace: tmpdir() },
    quiet,
  );
  try {
    if (again.staged.layer!.diffId === base.staged.layer!.diffId) return;
    const differing = await compareArchives(base.layerFile, again.layerFile);
    const lines = differing.map(({ kind, path, what }) => {
      return `${kind} ${quoted(`/${path}`)}${what.length === 0 ? '' : ` (${what.join(', ')})`}`;
    });
    throw new MkbaseError('script/not-reproducible', 'two builds of the same lock differ', {
      hint: 'a script of a package or a hook depends on the moment or on this machine: look at what writes these files',
      details: [
        ...(lines.length === 0 ? ['only times of files differ'] : lines.slice(0, SHOWN)),
        ...(lines.length > SHOWN ? [`and ${lines.length - SHOWN} more`] : []),
      ],
    });
  } finally {
    await again.close();
  }
}
