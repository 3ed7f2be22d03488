/**
 * Compares recipes/releases.csv with Debian's package distro-info-data, and says what is stale:
 *
 *   node dist/scripts/releases.js [ROOT]
 *
 * ROOT is where the package is installed. Without it mkbase installs sid's into a temporary directory, and where
 * it cannot, the host's own is taken. The status is always 0: time alone changes what is printed.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Row, readReleases, readTable } from './release-table.ts';
import { staleReleases } from './stale-releases.ts';

const run = promisify(execFile);
const MKBASE = fileURLToPath(new URL('../bundles/mkbase.cjs', import.meta.url));

const [root] = process.argv.slice(2);
const found = root === undefined ? await newest() : await distroInfoBelow(root);
if (found === null) console.log('releases: distro-info-data is neither to be fetched nor installed');
else await compare(found);

interface DistroInfo {
  readonly version: string;
  readonly tables: ReadonlyMap<string, readonly Row[]>;
}

async function compare({ version, tables }: DistroInfo): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  const stale = staleReleases({ ours: await readReleases(), theirs: tables, today });
  for (const sentence of stale) console.log(sentence);
  console.log(`releases: ${stale.length} stale, by distro-info-data ${version} on ${today}`);
}

async function newest(): Promise<DistroInfo | null> {
  return (await fetched()) ?? (await distroInfoBelow('/'));
}

async function fetched(): Promise<DistroInfo | null> {
  const folder = await mkdtemp(join(tmpdir(), 'mkbase-releases-'));
  try {
    const base = join(folder, 'base');
    // An old table says its version: a mirror that has stopped is of use too.
    const options = [
      '--variant=custom',
      '--include=distro-info-data',
      '--scripts=skip',
      '--no-check-valid-until',
      '--quiet',
    ];
    await run(process.execPath, [MKBASE, 'sid', base, ...options], { timeout: 120_000 });
    return await distroInfoBelow(base);
  } catch (error) {
    const [line] = String((error as { stderr?: string }).stderr || error).split('\n');
    console.log(`releases: cannot fetch distro-info-data (${line})`);
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The tables and the version of the package in a root filesystem; null where it is not installed. */
async function distroInfoBelow(root: string): Promise<DistroInfo | null> {
  const folder = join(root, 'usr/share/distro-info');
  const files = await readdir(folder).catch(() => []);
  const tables = new Map<string, readonly Row[]>();
  for (const file of files.filter((name) => name.endsWith('.csv')))
    tables.set(file.slice(0, -4), readTable(await readFile(join(folder, file), 'utf8')));
  const status = await readFile(join(root, 'var/lib/dpkg/status'), 'utf8').catch(() => '');
  const [, version = 'of an unknown version'] =
    /^Package: distro-info-data\n(?:.+\n)*?Version: (.+)$/m.exec(status) ?? [];
  return tables.size === 0 ? null : { version, tables };
}
