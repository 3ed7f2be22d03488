/** The ways in which a base of debootstrap differs from one of mkbase, made on the finished tree. */
import { chmod, chown, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lock } from '../../lock/lock.ts';
import type { DebootstrapRequest } from './request.ts';

const DAY = 24 * 3600;

/** `deb MIRROR SUITE COMPONENTS` for each suite. */
export function sourcesList(
  { suite, extraSuites }: Pick<DebootstrapRequest, 'suite' | 'extraSuites'>,
  { mirror, components }: { readonly mirror: string; readonly components: readonly string[] },
): string {
  return [suite, ...extraSuites].map((name) => `deb ${mirror} ${name} ${components.join(' ')}\n`).join('');
}

/** The lock with debootstrap's one file of sources in the place of mkbase's. */
export function withSources(lock: Lock, content: string): Lock {
  const files = lock.image.files.filter(({ path }) => !path.startsWith('etc/apt/sources.list'));
  const list = { path: 'etc/apt/sources.list', mode: 0o644, content };
  return { ...lock, image: { ...lock.image, files: [...files, list] } };
}

export interface LeavingsOptions {
  /** Seconds since 1970 that the base was configured at. */
  readonly epoch: number;
  /** Seconds since 1970 that it is to say; null where it says the epoch. */
  readonly now: number | null;
  readonly available: Buffer;
}

/** Makes the tree say what a tree says that dpkg has filled on this host, now. */
export async function leaveAsDebootstrap(
  root: string,
  { epoch, now, available }: LeavingsOptions,
): Promise<void> {
  await copyHostFiles(root);
  // dpkg has this file once there is a further architecture, and apt marks nothing that it did not install.
  for (const path of ['var/lib/dpkg/arch', 'var/lib/apt/extended_states'])
    await rm(join(root, path), { force: true });
  for (const path of ['var/lib/apt/lists', 'var/cache/apt/archives']) {
    await rm(join(root, path, 'lock'), { force: true });
    const partial = join(root, path, 'partial');
    await mkdir(partial, { recursive: true });
    await chown(partial, 0, 0);
    await chmod(partial, 0o755);
  }
  await mkdir(join(root, 'var/lib/dpkg'), { recursive: true });
  await writeFile(join(root, 'var/lib/dpkg/available'), available, { mode: 0o644 });
  await writeFile(join(root, 'var/lib/dpkg/cmethopt'), 'apt apt\n', { mode: 0o644 });
  await prioritize(join(root, 'var/lib/dpkg'), available.toString('latin1'));
  if (now === null) return;
  for (const path of ['etc/shadow', 'etc/shadow-']) await redate(join(root, path), epoch, now);
}

/** After the first stage dpkg knows of nothing that is unpacked, and the host's files are there. */
export async function emptyDatabase(root: string): Promise<void> {
  const folder = join(root, 'var/lib/dpkg');
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isDirectory()) await rm(join(entry.parentPath, entry.name));
  }
  for (const name of ['status', 'available']) await writeFile(join(folder, name), '', { mode: 0o644 });
  await copyHostFiles(root);
}

/** The base is of this host at first: debootstrap copies its name and name servers. */
async function copyHostFiles(root: string): Promise<void> {
  await mkdir(join(root, 'etc'), { recursive: true });
  for (const name of ['resolv.conf', 'hostname']) {
    const host = join('/etc', name);
    const content = await readFile(host).catch(() => null);
    const place = join(root, 'etc', name);
    if (content === null || (await lstat(place).catch(() => null)) !== null) continue;
    await writeFile(place, content);
    // Where it is a link, the file that it leads to is its owner's business.
    const stats = await lstat(host);
    await chmod(place, stats.isFile() ? stats.mode & 0o755 : 0o644);
  }
}

/** dpkg's last step takes the priorities of `available`; `status-old` is the state before. */
async function prioritize(folder: string, available: string): Promise<void> {
  const status = await readFile(join(folder, 'status'), 'latin1').catch(() => null);
  if (status === null) return;
  const priorities = new Map(
    available.split('\n\n').map((stanza) => [nameIn(stanza), /^Priority: \S+$/m.exec(stanza)?.[0]]),
  );
  const stanzas = status.split('\n\n').map((stanza) => {
    return stanza.replace(/^Priority: \S+$/m, (own) => priorities.get(nameIn(stanza)) ?? own);
  });
  await writeFile(join(folder, 'status-old'), status, { encoding: 'latin1', mode: 0o644 });
  await writeFile(join(folder, 'status'), stanzas.join('\n\n'), 'latin1');
}

function nameIn(stanza: string): string | undefined {
  return /^Package: (\S+)$/m.exec(stanza)?.[1];
}

/** Passwords were changed on the day of the epoch, shadow(5). */
async function redate(file: string, epoch: number, now: number): Promise<void> {
  const text = await readFile(file, 'latin1').catch(() => null);
  if (text === null) return;
  const [then, today] = [epoch, now].map((time) => Math.floor(time / DAY));
  await writeFile(
    file,
    text.replace(/^([^:\n]*:[^:\n]*:)(\d+):/gm, (line, start, day) =>
      Number(day) === then ? `${start}${today}:` : line,
    ),
    'latin1',
  );
}
