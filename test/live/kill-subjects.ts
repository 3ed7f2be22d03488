/** The commands to kill, and how their results are distinguished. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LOCK_SECTIONS } from '../../src/families/index.ts';
import { readLocks } from '../../src/lock/lock-file.ts';
import { buildElf } from '../support/elf.ts';
import type { TestRegistry } from '../support/registry.ts';
import { dumpTree } from '../support/tree-dump.ts';
import { type Part, sharedPath } from './needs.ts';
import { MAIN, run } from './run.ts';

export interface Subject {
  readonly name: string;
  readonly needs: readonly Part[];
  readonly user: 'root' | 'ordinary';
  /** The command line; of the same names with another content where it is the `other` one. */
  readonly args: (mirror: string, other: boolean) => readonly string[];
  /** Whether it takes the place of a result that is there. */
  readonly replaces: boolean;
}

const ALPINE = '../shared/data/alpine-mirror';

function base(target: string, name: string, change: Partial<Subject> = {}): Subject {
  const options = ['--variant=essential', '--pockets=release', '--no-cache-results'];
  return {
    ...{ name, needs: ['root'], user: 'root', replaces: true },
    args: (mirror, other) => ['bookworm', target, `${mirror}/debian`, ...options, ...differing(other)],
    ...change,
  };
}

const differing = (other: boolean) => (other ? ['--exclude-path=/usr/share/doc/*'] : []);

export const SUBJECTS: readonly Subject[] = [
  base('out', 'a directory', { replaces: false }),
  base('out', 'a directory of an ordinary user', {
    ...{ user: 'ordinary', replaces: false },
    needs: ['root', 'useradd', 'newuidmap', 'setpriv'],
  }),
  base('out.tar', 'a tar'),
  base('oci:layout:base', 'a layout'),
  base('docker-archive:archive.tar:base', 'an archive'),
  base('out.tar', 'a tar of Alpine', {
    needs: ['root', ALPINE],
    args: (_, other) => [
      ...[
        'alpine:3.20',
        'out.tar',
        `file://${sharedPath(ALPINE)}/alpine`,
        '--components=main,synthetic',
        '--no-cache-results',
      ],
      `--keyring=${sharedPath(ALPINE)}/keys/mkbase-test-a@example.invalid-0a0a0a0a.rsa.pub`,
      ...differing(other),
    ],
  }),
  base('', 'a scratch image', {
    args: (mirror, other) => [
      ...['scratch', '../../app', 'oci:layout:app', '--from=bookworm', `--mirror=${mirror}/debian`],
      ...['--pockets=release', '--ca', '--tz', ...(other ? ['--label=other=1'] : [])],
    ],
  }),
  base('', 'images of a registry', {
    args: (mirror, other) => [
      ...[
        'refresh',
        `../../${other ? 'other' : 'images'}.yaml`,
        `--mirror=${mirror}/debian`,
        '--no-cache-results',
      ],
    ],
  }),
];

/** Beside the folder that a subject works in. */
export async function writeInputs(folder: string, registry: TestRegistry): Promise<void> {
  await writeFile(join(folder, 'app'), buildElf(), { mode: 0o755 });
  const common = `repository: "${registry.host}/base", suite: bookworm, variant: essential, arch: amd64`;
  const images = `{ ${common}, pockets: release, scripts: skip, tags: [one, "{suite}"] }`;
  const list = (more: string) => `defaults: ${images}\nimages: { base: ${more} }\n`;
  await writeFile(join(folder, 'images.yaml'), list('{}'));
  await writeFile(join(folder, 'other.yaml'), list('{ label: { other: "1" } }'));
}

/** Where a subject works, and what it can find there. */
export interface Place {
  /** Finished results by a digest of each; a half-written one has another. */
  readonly found: () => Promise<ReadonlyMap<string, string>>;
  /** Keeps what is there now, to be put back by `reset`. */
  readonly keep: () => Promise<void>;
  /** Leaves nothing, or what was kept. */
  readonly reset: (to: 'nothing' | 'kept') => Promise<void>;
}

export function placeOf(work: string, registry: TestRegistry): Place {
  const { blobs, manifests } = registry.repository('base');
  let kept = { blobs: new Map(blobs), manifests: new Map(manifests) };
  return {
    async found() {
      const found = new Map(tagsOf(registry));
      for (const name of await readdir(work)) {
        const digest = await digestOf(join(work, name), name);
        if (digest !== null) found.set(name, digest);
      }
      return found;
    },
    async keep() {
      kept = { blobs: new Map(blobs), manifests: new Map(manifests) };
      await cp(work, `${work}-kept`, { recursive: true, preserveTimestamps: true });
    },
    async reset(to) {
      for (const name of await readdir(work)) {
        // The next run sweeps the leftovers of a killed one.
        if (!name.includes('.mkbase.')) await rm(join(work, name), { recursive: true });
      }
      for (const map of [blobs, manifests]) map.clear();
      if (to === 'nothing') return;
      for (const [digest, bytes] of kept.blobs) blobs.set(digest, bytes);
      for (const [name, manifest] of kept.manifests) manifests.set(name, manifest);
      await mkdir(work, { recursive: true });
      await cp(`${work}-kept`, work, { recursive: true, preserveTimestamps: true });
    },
  };
}

/** Null where it is no result: it is on its way, or a folder without an image yet. */
async function digestOf(path: string, name: string): Promise<string | null> {
  if (name === 'out') return hash(JSON.stringify([...dumpTree(path)]));
  if (name === 'layout') return layoutDigest(path);
  if (/^[a-z]+\.tar$/.test(name)) return hash(await readFile(path));
  if (!name.endsWith('.lock.json')) return null;
  return (await readLocks(await readFile(path, 'utf8'), name, LOCK_SECTIONS))[0]!.lockDigest;
}

/** Every blob of a layout by its name: one that is not what it says is found here. */
async function layoutDigest(path: string): Promise<string | null> {
  const index = await readFile(join(path, 'index.json')).catch(() => null);
  if (index === null) return null;
  const folder = join(path, 'blobs/sha256');
  for (const name of (await readdir(folder)).filter((blob) => !blob.includes('.'))) {
    if (hash(await readFile(join(folder, name))) !== name) return `the blob ${name} is another one`;
  }
  await run(process.execPath, [MAIN, 'inspect', `oci:${path}`, '--json']);
  return hash(index);
}

/** The image that each tag leads to, if it is whole. */
function tagsOf(registry: TestRegistry): [string, string][] {
  const { blobs, manifests } = registry.repository('base');
  return [...manifests].flatMap(([tag, { bytes }]): [string, string][] => {
    if (tag.startsWith('sha256')) return [];
    const { config, layers } = JSON.parse(bytes.toString());
    const isWhole = [config, ...layers].every(({ digest }) => blobs.has(digest));
    return [[`tag ${tag}`, isWhole ? hash(bytes) : 'not whole']];
  });
}

function hash(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
