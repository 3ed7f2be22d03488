import type { Installed, InstallJob, InstallTools } from '../../../src/families/family.ts';
import type { Entry } from '../../../src/rootfs/tree.ts';
import { normalizeEntryPath } from '../../../src/rootfs/tree-path.ts';

/** Files as they come, and a database of what there is. */
export async function install(job: InstallJob, tools: InstallTools): Promise<Installed> {
  const tree = new Map<string, Entry>();
  for (const item of job.packages) {
    const opened = await tools.unpacker.open(await tools.fileOf(item), item.digest);
    const files = opened.heads.flatMap(({ type, size, path: name, mode, mtime }, entry) => {
      const path = normalizeEntryPath(name);
      const meta = { mode, uid: 0, gid: 0, mtime };
      if (type === 'dir') tree.set(path, { ...meta, type });
      if (type !== 'file') return [];
      tree.set(path, { ...meta, type, size });
      return [{ ...meta, entry, path, over: false }];
    });
    await opened.write(files);
    tools.onStaged(item.name);
  }
  const meta = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
  const database = Buffer.from(
    JSON.stringify(job.packages.map(({ name, version, arch }) => ({ name, version, arch }))),
  );
  for (const path of ['var', 'var/lib']) tree.set(path, { ...meta, mode: 0o755, type: 'dir' });
  const entries = [...tree].filter(([, { type }]) => type === 'dir');
  await tools.unpacker.edit({
    entries,
    files: [{ ...meta, path: 'var/lib/toy.json', content: database }],
  });
  tree.set('var/lib/toy.json', { ...meta, type: 'file', size: database.length });
  return {
    ...{ epoch: 0, skipped: [], refusedNodes: [], removedSecrets: [], devices: new Map() },
    tree,
  };
}
