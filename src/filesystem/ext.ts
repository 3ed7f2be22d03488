/**
 * ext2 and ext4: an empty file system by mke2fs, filled by debugfs. mke2fs could take a directory, but not the
 * owners and devices that an ordinary user may not make in one; read from a tar it would need libarchive and a
 * version that few hosts have (decision 206).
 */
import { open, rm, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { MkbaseError, quoted } from '../errors.ts';
import { type LayerMember, layerMembers } from '../image/layer.ts';
import type { Entry } from '../rootfs/tree.ts';
import { parentOf } from '../rootfs/tree-path.ts';
import { BLOCK, blocksOf, needsOf } from './ext-size.ts';
import { identityOf } from './identity.ts';
import { runTool, toolFailed } from './tool.ts';
import type { FileSystemContent, FileSystemPlace } from './write.ts';

/** All of them, so that no mke2fs.conf(5) of the host adds any: those that kernels since 4.0 know. */
const FEATURES = {
  ext2: 'filetype,sparse_super,large_file,ext_attr,resize_inode,dir_index',
  ext4:
    'filetype,sparse_super,large_file,ext_attr,resize_inode,dir_index,has_journal,extent,huge_file,flex_bg,' +
    'metadata_csum,64bit,dir_nlink,extra_isize',
} as const;

type ExtFormat = keyof typeof FEATURES;

/** @throws MkbaseError `target/too-small`, `target/odd-name`, `target/tool-failed` */
export async function writeExt(content: FileSystemContent, place: FileSystemPlace): Promise<void> {
  const { epoch, tree } = content;
  const members = layerMembers(tree, epoch);
  const format = place.format as ExtFormat;
  const needs = needsOf(members, format);
  const env = { MKE2FS_CONFIG: '/dev/null', E2FSPROGS_FAKE_TIME: String(epoch) };
  const make = async (blocks: number) => {
    await rm(place.file, { force: true });
    const inodes = needs.inodes + Math.ceil((blocks * BLOCK) / BYTES_PER_SPARE_INODE);
    await runTool('mke2fs', place.tools, {
      args: [
        ...['-q', '-F', '-b', String(BLOCK), '-I', '256', '-m', '0', '-e', 'continue', '-N', String(inodes)],
        ...['-O', `none,${FEATURES[format]}`, '-U', identityOf(tree, epoch, format)],
        ...[
          '-E',
          `hash_seed=${identityOf(tree, epoch, 'hash')},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0`,
        ],
        ...[place.file, String(blocks)],
      ],
      env,
    });
    return freeBlocks(place.file);
  };

  const wanted = needs.blocks + blocksOf(place.size === null ? place.free : 0);
  let blocks = Math.max(wanted, LEAST);
  for (let free = await make(blocks); free < wanted; free = await make(blocks)) blocks += wanted - free;
  if (place.size !== null) {
    const given = Math.floor(place.size / BLOCK);
    if (given < blocks) throw tooSmall(place.size, blocks);
    await make(given);
  }
  const script = await scriptOf(members, place.folder);
  const complaint = await runTool('debugfs', place.tools, {
    args: ['-w', '-f', '-', place.file],
    input: Readable.from([script]),
    cwd: Buffer.from(content.root, 'latin1').toString(),
    env,
  });
  // It goes on behind a command that fails, and ends with status 0.
  const failures = complaint.split('\n').filter((line) => line !== '' && !/^debugfs \d/.test(line));
  if (failures.length > 0)
    throw toolFailed('debugfs', 'could not fill the file system', failures.slice(0, SHOWN).join('\n'));
}

/** Complaints that an error shows, the first ones: others follow from them. */
const SHOWN = 5;

/** Blocks that leave room for a journal. */
const LEAST = 2048;

/** As mke2fs does: one inode for so many bytes. */
const BYTES_PER_SPARE_INODE = 16_384;

/** `s_free_blocks_count` of the superblock. */
async function freeBlocks(file: string): Promise<number> {
  const image = await open(file, 'r');
  try {
    const { buffer } = await image.read(Buffer.alloc(64), 0, 64, 1024);
    return buffer.readUInt32LE(12);
  } finally {
    await image.close();
  }
}

/** Commands for debugfs(8) that make every member, directory by directory. */
async function scriptOf(members: readonly LayerMember[], folder: string): Promise<Buffer> {
  const lines: string[] = [];
  const names = namesOf(members);
  let directory = '';
  let values = 0;
  for (const { path, source, entry } of members) {
    if (path.includes('\n')) throw oddName(path);
    if (path !== '' && parentOf(path) !== directory) {
      directory = parentOf(path);
      lines.push(`cd ${word(`/${directory}`)}`);
    }
    const name = path.slice(path.lastIndexOf('/') + 1);
    // With a folder before it, it is not taken for the number of an inode.
    const spec = path === '' ? '/' : word(`./${name}`);
    lines.push(...making(entry, { name: word(name), spec, source }));
    if (entry.type === 'hardlink') continue;
    const count = names.get(source) ?? 1;
    if (count > 1) lines.push(`sif ${spec} links_count ${count}`);
    lines.push(...attributes(entry).map(([field, value]) => `sif ${spec} ${field} ${value}`));
    for (const [attribute, value] of Object.entries(entry.xattrs ?? {})) {
      const file = `${folder}/xattr-${values++}`;
      await writeFile(file, Buffer.from(value, 'latin1'));
      lines.push(`ea_set -f ${word(Buffer.from(file).toString('latin1'))} ${spec} ${word(attribute)}`);
    }
  }
  return Buffer.from(`${lines.join('\n')}\n`, 'latin1');
}

/** How many names each file has, by the first. */
function namesOf(members: readonly LayerMember[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const { source } of members) names.set(source, (names.get(source) ?? 0) + 1);
  return names;
}

interface Named {
  readonly name: string;
  readonly spec: string;
  /** Where the directory of contents has it. */
  readonly source: string;
}

function making(entry: Entry, { name, spec, source }: Named): string[] {
  switch (entry.type) {
    case 'dir':
      return spec === '/' ? [] : [`mkdir ${name}`];
    case 'file':
      return [`write ${word(`./${source}`)} ${name}`];
    case 'symlink':
      if (entry.target.includes('\n')) throw oddName(entry.target);
      return [`symlink ${name} ${word(entry.target)}`];
    case 'hardlink':
      return [`ln ${word(`/${entry.target}`)} ${name}`];
    case 'fifo':
      return [`mknod ${name} p`];
    default:
      return device(entry, { name, spec });
  }
}

/** `mknod` of debugfs(8) takes minor numbers of 16 bits, the kernel has 20: larger ones are put into the inode. */
function device(
  { type, major, minor }: Extract<Entry, { readonly type: 'char' | 'block' }>,
  { name, spec }: Pick<Named, 'name' | 'spec'>,
): string[] {
  if (minor < 2 ** 16) return [`mknod ${name} ${type[0]} ${major} ${minor}`];
  const encoded = (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
  return [`mknod ${name} ${type[0]} 0 0`, `sif ${spec} block[1] ${encoded >>> 0}`];
}

const TYPES = {
  dir: 0o40000,
  file: 0o100000,
  symlink: 0o120000,
  fifo: 0o10000,
  char: 0o20000,
  block: 0o60000,
};

/** The last second that an inode has without further bits. */
const LATEST = 2 ** 31 - 1;

function attributes(entry: Exclude<Entry, { readonly type: 'hardlink' }>): (readonly [string, string])[] {
  const { type, mode, uid, gid, mtime } = entry;
  return [
    ['mode', `0${(TYPES[type] | mode).toString(8)}`],
    ['uid', String(uid)],
    ['gid', String(gid)],
    ['mtime', `@${Math.max(0, Math.min(Math.floor(mtime), LATEST))}`],
  ];
}

/** One argument of a command. */
function word(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function tooSmall(size: number, blocks: number): MkbaseError {
  const least = Math.ceil((blocks * BLOCK) / 2 ** 20);
  return new MkbaseError('target/too-small', `the base does not fit into a file system of ${size} bytes`, {
    hint: `it needs \`--size=${least}M\`; without \`--size\` it takes the least that fits, and \`--free\` beside that`,
  });
}

function oddName(path: string): MkbaseError {
  return new MkbaseError(
    'target/odd-name',
    `${quoted(path)} has a line break in it, which debugfs(8) cannot take`,
    {
      hint: 'rename the file, or name another TARGET: tars, `.squashfs` and `.erofs` take it',
    },
  );
}
